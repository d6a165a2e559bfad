from app.shell.page import serve

serve("delay_lines")
