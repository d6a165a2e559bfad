"""One model per page, of the page's name: parameters, engine call and what the results mean; no widget, no figure."""
