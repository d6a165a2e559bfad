from app.shell.page import serve

serve("unrolled")
