from app.shell.page import serve

serve("narx")
