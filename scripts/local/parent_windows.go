package main

import "os"

// waitForParent returns when the process that started this one has ended.
func waitForParent() {
	parent, err := os.FindProcess(os.Getppid())
	if err != nil {
		select {} // it can't be told
	}
	parent.Wait()
}
