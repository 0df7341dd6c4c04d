"""The URLs of databases that SQLAlchemy gets, and whether it accepts them."""
