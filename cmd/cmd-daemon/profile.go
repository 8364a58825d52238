package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// profiled calls f and writes what the processors did meanwhile to a file, for go tool pprof. With an empty
// path it only calls f.
func profiled(path string, f func() error) error {
	if path == "" {
		return f()
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(fmt.Errorf("profile: %w", err), file.Close())
	}
	err = f()
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}
