"""Write the parts of pages that the code itself knows, as Markdown."""
