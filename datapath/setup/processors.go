package setup

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/nicio"
)

// Pin has the calling thread, which is to end with its goroutine, run on the processor of a worker, if the workers
// have processors of their own.
func (c *Config) Pin(worker int) {
	if len(c.CPUs) == 0 {
		return
	}
	var set unix.CPUSet
	set.Set(c.CPUs[worker%len(c.CPUs)])
	_ = unix.SchedSetaffinity(0, &set) // The processor was there in the beginning; without it any other will do.
}

// WorkerCount returns how many workers there are.
func (c *Config) WorkerCount() int { return max(c.Workers, 1) }

// checkWorkers refuses workers that there cannot be.
func (c *Config) checkWorkers() error {
	if c.Workers < 0 || c.Workers > nicio.MaxMembers {
		return fmt.Errorf("%w: %d workers, want 1 to %d", ErrConfig, c.Workers, nicio.MaxMembers)
	}
	if c.Spin > MaxSpin {
		return fmt.Errorf("%w: workers that look for work for %v, want %v at most", ErrConfig, c.Spin, MaxSpin)
	}
	return c.checkCPUs()
}

// checkCPUs refuses processors that no worker can run on.
func (c *Config) checkCPUs() error {
	if len(c.CPUs) == 0 {
		return nil
	}
	if len(c.CPUs) != c.WorkerCount() {
		return fmt.Errorf("%w: %d processors for %d workers, want one for each", ErrConfig, len(c.CPUs), c.WorkerCount())
	}
	var may unix.CPUSet
	if err := unix.SchedGetaffinity(0, &may); err != nil {
		return fmt.Errorf("datapath: processors of this process: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &may); err != nil { // It changes nothing.
		return fmt.Errorf("datapath: bind threads to processors: %w", err)
	}
	for _, cpu := range c.CPUs {
		if cpu < 0 || !may.IsSet(cpu) {
			return fmt.Errorf("%w: this process may not run on processor %d, or there is none", ErrConfig, cpu)
		}
	}
	return nil
}

// SpinTime returns how long a worker looks for work before it sleeps, in nanoseconds.
func (c *Config) SpinTime() int64 {
	if c.Spin == 0 {
		return int64(nicio.DefaultSpin)
	}
	return int64(max(c.Spin, 0))
}

// MaxSpin is the longest time to look for work before sleeping.
const MaxSpin = time.Second
