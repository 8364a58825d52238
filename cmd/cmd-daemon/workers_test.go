package main

import (
	"testing"
	"time"

	"callmanager/config"
)

func TestWorkers(t *testing.T) {
	for _, tt := range []struct {
		daemon     config.Daemon
		processors int
		want       int
	}{
		{config.Daemon{}, 1, 1},
		{config.Daemon{}, 3, 1},
		{config.Daemon{}, 4, 4},
		{config.Daemon{}, 1000, 256},
		{config.Daemon{Workers: 2}, 1, 2},
		{config.Daemon{CPUs: []int{0, 5, 7}}, 64, 3},
		{config.Daemon{Workers: 1, CPUs: []int{3}}, 64, 1},
	} {
		if got := workersOf(&tt.daemon, tt.processors); got != tt.want {
			t.Errorf("%+v on %d processors: %d workers, want %d", tt.daemon, tt.processors, got, tt.want)
		}
	}
	if got := spinOf(&config.Daemon{}); got >= 0 {
		t.Errorf("without looking for work a worker looks for %v", got)
	}
	if got := spinOf(&config.Daemon{BusyPoll: time.Millisecond}); got != time.Millisecond {
		t.Errorf("for 1 ms a worker looks for %v", got)
	}
}
