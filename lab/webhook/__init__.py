"""A webhook for authentication and authorization, with a few users and some bad habits."""
