"""One folder per lesson, with all that is its own and nothing else. A lesson never imports a lesson."""
