from app.shell.page import serve
from lessons.lstm.model import Lstm
from lessons.lstm.view import LstmView

serve(Lstm, LstmView)
