"""Asking for help: the journey, the claim code, the tracker."""
