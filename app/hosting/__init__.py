"""The process around the pages: its settings, logs, figures for monitors, health, and how it ends."""
