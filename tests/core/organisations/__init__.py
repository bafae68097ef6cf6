"""Tests of palabre.organisations."""
