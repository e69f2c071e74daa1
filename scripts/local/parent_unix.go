//go:build unix

package main

import (
	"os"
	"time"
)

// waitForParent returns when the process that started this one has ended: then
// this one has another parent.
func waitForParent() {
	for parent := os.Getppid(); os.Getppid() == parent; {
		time.Sleep(200 * time.Millisecond)
	}
}
