from app.shell.page import serve

serve("gated_cec")
