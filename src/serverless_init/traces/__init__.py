"""Floor 3: what tracers send, from their bytes to payloads and statistics for the intake."""
