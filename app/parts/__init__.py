"""What views are made of: strips, charts, diagrams, heatmaps, tables, numbers, ranges, colours."""
