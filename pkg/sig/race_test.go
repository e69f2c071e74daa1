//go:build race

package sig

const raceDetector = true
