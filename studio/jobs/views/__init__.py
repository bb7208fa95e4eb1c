"""Views of the studio page, its cards, the job page, references and pictures."""
