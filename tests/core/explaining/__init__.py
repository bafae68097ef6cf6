"""Tests of palabre.explaining."""
