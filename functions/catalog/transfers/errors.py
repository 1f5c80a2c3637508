"""What keeps a whole file out."""


class FileError(Exception):
    """The file cannot be imported at all; the text says why, to whom it belongs."""
