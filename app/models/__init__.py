"""One model per page, of the page's name: parameters, the engine call, and what the results mean. No widget, no figure."""
