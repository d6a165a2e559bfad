"""The browser side of Unrolled: one page per lesson, and everything the pages share."""
