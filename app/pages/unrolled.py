from app.shell.page import serve
from lessons.unrolled.model import Unrolled
from lessons.unrolled.view import UnrolledView

serve(Unrolled, UnrolledView)
