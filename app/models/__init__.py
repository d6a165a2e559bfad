"""One model per page, of the page's name: its parameters, its engine call and what the results mean. No widget, no figure."""
