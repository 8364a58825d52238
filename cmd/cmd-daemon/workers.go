package main

import (
	"time"

	"callmanager/config"
)

// fewProcessors are so few that clients and kernel need what a second worker would take: on two the rate falls.
const fewProcessors = 3

// workersOf returns how many workers the data plane has on a host with so many processors.
func workersOf(d *config.Daemon, processors int) int {
	switch {
	case d.Workers != 0:
		return d.Workers
	case len(d.CPUs) != 0:
		return len(d.CPUs)
	case processors <= fewProcessors:
		return 1
	}
	return min(processors, maxWorkers)
}

// maxWorkers is the most that the configuration could ask for.
const maxWorkers = 256

// spinOf returns how long a worker looks for work, as the data plane has it.
func spinOf(d *config.Daemon) time.Duration {
	if d.BusyPoll == 0 {
		return -1
	}
	return d.BusyPoll
}
