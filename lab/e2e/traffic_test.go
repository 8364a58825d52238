package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"callmanager/client"
	"callmanager/lab"
)

// traffic is a call on which numbered SDUs flow both ways while something else happens.
type traffic struct {
	tb              testing.TB
	clients         [2]*client.Conn
	calling, called *client.VC
	stop            chan struct{}
	result          chan error
}

// flow makes a call between two hosts with clients of its own and sends until end is called. Its rate leaves the
// rings room for 400 ms.
func flow(tb testing.TB, from, to *lab.Host) *traffic {
	tb.Helper()
	f := &traffic{tb: tb, stop: make(chan struct{}), result: make(chan error, 2)}
	f.clients = [2]*client.Conn{dial(tb, from), dial(tb, to)}
	f.calling, f.called = mustConnect(tb, f.clients[0], f.clients[1], to, 0xf0, reserve(5e6))
	go func() { f.result <- f.send() }()
	go func() { f.result <- f.echo() }()
	return f
}

// send sends numbered SDUs, and checks those that come back, until it is to stop.
func (f *traffic) send() error {
	ctx := context.Background()
	buf, back, want := make([]byte, f.calling.MaxSend()), make([]byte, f.calling.MaxReceive()), make([]byte, f.calling.MaxSend())
	const window = 16 // on their way at a time
	check := func(i int) error {
		s, err := f.calling.Recv(ctx, back)
		if err != nil {
			return fmt.Errorf("SDU %d has not come back: %w", i, err)
		}
		if string(s.Payload) != string(number(want, i)) {
			return fmt.Errorf("SDU %d of %d octets came back as another", i, len(s.Payload))
		}
		return nil
	}
	i, done := 0, 0
	for running := true; running; i++ {
		select {
		case <-f.stop:
			running = i < window // what else happens may be over before this goroutine has run
		default:
		}
		if err := f.calling.Send(ctx, client.SDU{Payload: number(buf, i)}); err != nil {
			return fmt.Errorf("send SDU %d: %w", i, err)
		}
		if i-done >= window {
			if err := check(done); err != nil {
				return err
			}
			done++
		}
	}
	for ; done < i; done++ {
		if err := check(done); err != nil {
			return err
		}
	}
	return f.calling.Close()
}

// echo sends back what comes until the other side releases.
func (f *traffic) echo() error {
	buf := make([]byte, f.called.MaxReceive())
	for {
		s, err := f.called.Recv(context.Background(), buf)
		if errors.Is(err, io.EOF) {
			return f.called.Close()
		}
		if err == nil {
			err = f.called.Send(context.Background(), s)
		}
		if err != nil {
			return fmt.Errorf("echo: %w", err)
		}
	}
}

// end stops the traffic, disconnects its clients, and fails if anything was lost, changed or reordered.
func (f *traffic) end() {
	f.tb.Helper()
	close(f.stop)
	for range 2 {
		select {
		case err := <-f.result:
			if err != nil {
				f.tb.Errorf("transfer beside it: %v", err)
			}
		case <-time.After(patience):
			f.tb.Error("transfer beside it: it hangs")
		}
	}
	for _, c := range f.clients {
		_ = c.Close()
	}
}
