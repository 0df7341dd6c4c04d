"""Wheels, archives, source trees and virtual environments on disk."""
