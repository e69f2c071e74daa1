package tcbemu

// SetMaxResponse makes a limit of 16 MB testable.
func (e *Emulator) SetMaxResponse(size int) { e.maxResponse = size }
