"""What all pages share: a reader's page, its address, frame and requests, tasks, export, work beside, the index."""
