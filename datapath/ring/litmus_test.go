package ring_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"callmanager/datapath/ring"
)

// race runs two actions at the same time, round after round, each time with another distance between their starts,
// and check after each round. It hits windows of a few nanoseconds that a stress test hardly ever does.
func race(rounds int, a, b func(), check func(round int)) {
	var start, done atomic.Int64
	defer start.Store(-1) // Ends the other goroutine if check ends the test.
	go func() {
		for round := range rounds {
			if !await(&start, int64(round+1)) {
				return
			}
			delay(round % 256)
			b()
			done.Store(int64(round + 1))
		}
	}()
	for round := range rounds {
		start.Store(int64(round + 1))
		delay(round / 256 % 256)
		a()
		await(&done, int64(round+1))
		check(round)
	}
}

// await spins until the other goroutine has come to a round, and gives the processor away if that takes long. It returns
// false if there are no more rounds.
func await(round *atomic.Int64, want int64) bool {
	patience := 256
	if raceEnabled {
		patience = 4
	}
	for spins := 1; ; spins++ {
		switch round.Load() {
		case want:
			return true
		case -1:
			return false
		}
		if spins%patience == 0 {
			runtime.Gosched()
		}
	}
}

// delay passes about a nanosecond n times.
func delay(n int) {
	var x atomic.Int32
	for range n {
		x.Load()
	}
}

// litmusRounds is how often each race is run; a part of it where each round makes new rings.
func litmusRounds() int {
	if raceEnabled {
		return 10_000
	}
	return 60_000
}

// belled are rings whose wake-ups the test collects itself: rung tells whether e was rung since the last call.
type belled struct {
	name string
	open func(tb testing.TB) (daemon, client *ring.Endpoint)
	rung func(e *ring.Endpoint) bool
}

// bells are both kinds of memory: on a memfd with two mappings and a doorbell the order of accesses must hold as well,
// under the race detector too.
func bells() []belled {
	wake := map[*ring.Endpoint]ring.Signal{}
	return []belled{{
		"memory=heap",
		func(tb testing.TB) (daemon, client *ring.Endpoint) {
			tb.Helper()
			toDaemon, toClient := ring.NewSignal(), ring.NewSignal()
			daemon, client, err := ring.New(ring.Params{ToDaemon: 64, ToClient: 64}, toDaemon, toClient)
			if err != nil {
				tb.Fatal(err)
			}
			wake[daemon], wake[client] = toDaemon, toClient
			return daemon, client
		},
		func(e *ring.Endpoint) bool { return empty(wake[e]) },
	}, {
		"memory=memfd",
		func(tb testing.TB) (daemon, client *ring.Endpoint) {
			tb.Helper()
			return newShared(tb, ring.Params{ToDaemon: 64, ToClient: 64})
		},
		func(e *ring.Endpoint) bool {
			rung, _ := e.Doorbell().Drain()
			return rung
		},
	}}
}

// TestArmAgainstFlush: a consumer that goes to sleep while the producer publishes either sees the record or is rung.
func TestArmAgainstFlush(t *testing.T) {
	for _, of := range bells() {
		t.Run(of.name, func(t *testing.T) {
			daemon, client := of.open(t)
			var ready bool
			rec := numbered(1, 8)
			race(litmusRounds(), func() { ready = daemon.Rx.Arm() }, func() {
				_ = client.Tx.TryPush(rec)
				client.Tx.Flush()
			}, func(round int) {
				if rung := of.rung(daemon); !ready && !rung {
					t.Fatalf("round %d: the consumer sleeps with a record in its ring", round)
				}
				daemon.Rx.Disarm()
				daemon.Rx.Discard()
			})
		})
	}
}

// TestArmAgainstRelease: a producer that goes to sleep while the consumer releases either sees the room or is rung.
func TestArmAgainstRelease(t *testing.T) {
	for _, of := range bells() {
		t.Run(of.name, func(t *testing.T) {
			daemon, client := of.open(t)
			var ready bool
			rec := numbered(1, 24)
			refill := func() {
				for client.Tx.TryPush(rec) == nil {
				}
				client.Tx.Flush()
				for _, ok := daemon.Rx.Next(); ok; _, ok = daemon.Rx.Next() {
				}
			}
			refill()
			race(litmusRounds(), func() { ready = client.Tx.Arm(24) }, daemon.Rx.Release, func(round int) {
				if rung := of.rung(client); !ready && !rung {
					t.Fatalf("round %d: the producer sleeps beside an empty ring", round)
				}
				client.Tx.Disarm()
				refill()
			})
		})
	}
}

// TestArmAgainstClose: a consumer that goes to sleep while the producer closes either sees the end or is rung.
func TestArmAgainstClose(t *testing.T) {
	wake := ring.NewSignal()
	var daemon, client *ring.Endpoint
	fresh := func() {
		var err error
		if daemon, client, err = ring.New(ring.Params{ToDaemon: 64, ToClient: 64}, wake, nil); err != nil {
			t.Fatal(err)
		}
	}
	fresh()
	var ready bool
	race(litmusRounds()/20, func() { ready = daemon.Rx.Arm() }, func() { client.Tx.Close() },
		func(round int) {
			if !ready && len(wake) == 0 {
				t.Fatalf("round %d: the consumer sleeps at the end of file", round)
			}
			empty(wake)
			fresh()
		})
}

// TestNextAgainstClose: a consumer that meets the mark of the end has seen every record that was published before it.
func TestNextAgainstClose(t *testing.T) {
	var daemon, client *ring.Endpoint
	fresh := func() {
		var err error
		if daemon, client, err = ring.New(ring.Params{ToDaemon: 64, ToClient: 64}, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	fresh()
	rec := numbered(1, 8)
	var records int
	race(litmusRounds()/5, func() {
		records = 0
		for looks := 1; !daemon.Rx.EOF(); looks++ {
			if _, ok := daemon.Rx.Next(); ok {
				records++
			} else if looks%64 == 0 {
				runtime.Gosched()
			}
		}
	}, func() {
		_ = client.Tx.TryPush(rec)
		client.Tx.Close()
	}, func(round int) {
		if records != 1 {
			t.Fatalf("round %d: end of file after %d of 1 records", round, records)
		}
		fresh()
	})
}

// empty takes what is in a signal, and reports whether there was something.
func empty(wake ring.Signal) bool {
	select {
	case <-wake:
		return true
	default:
		return false
	}
}
