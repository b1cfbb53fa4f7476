"""One's own data: getting back in, a copy, erasure, complaints."""
