package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"callmanager/client"
)

// Arguments of the parts of the benchmarks.
const (
	fromEnv = "E2E_FROM" // MAC addresses
	toEnv   = "E2E_TO"
)

func init() {
	roles["bare"] = func(context.Context) error {
		p, err := newBarePath()
		if err != nil {
			return err
		}
		return serveOrders(p.do)
	}
	roles["vc"] = func(ctx context.Context) error {
		p, err := newVCPath(ctx)
		if err != nil {
			return err
		}
		return serveOrders(p.do)
	}
}

// order is what a part is to do; its meaning depends on Do.
type order struct {
	Do   string
	Size int
	N    int
	Wide int // at a time
	Rate int // calls a second that begin, however long they take; 0 is as many as go
	For  time.Duration
}

// moved is the answer: what was sent or received and how long it took, without the set-up.
type moved struct {
	SDUs     int
	Time     time.Duration
	Mallocs  uint64
	CPU      time.Duration // of this process
	P50, P99 time.Duration
	Error    string
}

// serveOrders reads orders and answers each when it is done. Before it begins it says so.
func serveOrders(do func(order) (moved, error)) error {
	in, out := json.NewDecoder(bufio.NewReader(os.Stdin)), json.NewEncoder(os.Stdout)
	for {
		var o order
		if err := in.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := out.Encode("begun"); err != nil {
			return err
		}
		cpu := cpuTime()
		m, err := do(o)
		if m.CPU == 0 { // Else it knows better when the work began.
			m.CPU = cpuTime() - cpu
		}
		if err != nil {
			m.Error = err.Error()
		}
		if err := out.Encode(m); err != nil {
			return err
		}
	}
}

// do performs an order on the bare path.
func (p *barePath) do(o order) (m moved, err error) {
	switch o.Do {
	case "send":
		return p.send(o.Size, o.For)
	case "receive":
		return p.receive()
	case "ping", "ping spinning":
		times, err := p.roundTrips(o.Size, o.N, o.Do == "ping spinning")
		return percentiles(times), err
	case "echo", "echo spinning":
		return m, p.echo(o.Size, o.N, o.Do == "echo spinning")
	case "call", "answer":
		began := time.Now()
		err := p.exchange(o.N, o.Do == "call")
		return moved{SDUs: o.N, Time: time.Since(began)}, err
	}
	return m, fmt.Errorf("no order %q", o.Do)
}

// percentiles summarises round trips.
func percentiles(times []time.Duration) moved {
	if len(times) == 0 {
		return moved{}
	}
	sorted := sortedCopy(times)
	var sum time.Duration
	for _, t := range times {
		sum += t
	}
	return moved{SDUs: len(times), Time: sum, P50: sorted[len(sorted)/2], P99: sorted[len(sorted)*99/100]}
}

// vcPath is a client of a daemon.
type vcPath struct {
	ctx      context.Context //nolint:containedctx // it is the process's life
	c        *client.Conn
	listener *client.Listener
}

// newVCPath connects, and listens for calls.
func newVCPath(ctx context.Context) (*vcPath, error) {
	c, err := client.Dial(ctx, client.Options{Socket: os.Getenv(socketEnv), Name: "bench"})
	if err != nil {
		return nil, err
	}
	l, err := c.Listen(ctx, client.SAP{SendRing: benchRing, ReceiveRing: benchRing})
	return &vcPath{ctx: ctx, c: c, listener: l}, err
}

// do performs an order over calls of its own.
func (p *vcPath) do(o order) (moved, error) {
	switch o.Do {
	case "send":
		return p.calling(func(v *client.VC) (moved, error) { return sendFor(p.ctx, v, o.Size, o.For) })
	case "receive":
		return p.called(func(v *client.VC) (moved, error) { return receiveAll(p.ctx, v) })
	case "ping":
		return p.calling(func(v *client.VC) (moved, error) {
			times, err := pingVC(p.ctx, v, o.Size, o.N)
			return percentiles(times), err
		})
	case "echo":
		return p.called(func(v *client.VC) (moved, error) { return moved{}, echoVC(p.ctx, v) })
	case "call":
		return p.calls(o)
	case "answer":
		return p.answers(o.N)
	}
	return moved{}, fmt.Errorf("no order %q", o.Do)
}

// calling makes a call, uses it and releases it.
func (p *vcPath) calling(use func(*client.VC) (moved, error)) (moved, error) {
	v, err := p.c.Call(p.ctx, os.Getenv(destEnv), nil)
	if err != nil {
		return moved{}, err
	}
	m, err := use(v)
	return m, errors.Join(err, v.Close())
}

// called accepts a call and uses it until the other side releases it.
func (p *vcPath) called(use func(*client.VC) (moved, error)) (moved, error) {
	o, err := p.listener.Accept(p.ctx)
	if err != nil {
		return moved{}, err
	}
	v, err := o.Accept(p.ctx)
	if err != nil {
		return moved{}, err
	}
	m, err := use(v)
	return m, errors.Join(err, v.Close())
}

// mallocs counts the allocations of this process.
func mallocs() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.Mallocs
}

// sendFor sends SDUs for a time.
func sendFor(ctx context.Context, v *client.VC, size int, d time.Duration) (m moved, err error) {
	sdus := make([]client.SDU, batch)
	for i := range sdus {
		sdus[i].Payload = make([]byte, size)
	}
	before := mallocs()
	began := time.Now()
	for time.Since(began) < d {
		for range 8 {
			n, err := v.SendBatch(ctx, sdus)
			m.SDUs += n
			if err != nil {
				return m, err
			}
		}
	}
	m.Time = time.Since(began)
	m.Mallocs = mallocs() - before
	return m, nil
}

// receiveAll receives until the call is released.
func receiveAll(ctx context.Context, v *client.VC) (m moved, err error) {
	sdus := make([]client.SDU, batch)
	for i := range sdus {
		sdus[i].Payload = make([]byte, v.MaxReceive())
	}
	var first, last time.Time
	before := mallocs()
	for {
		n, err := v.RecvBatch(ctx, sdus)
		switch {
		case errors.Is(err, io.EOF):
			m.Time = last.Sub(first)
			m.Mallocs = mallocs() - before
			return m, nil
		case err != nil:
			return m, err
		}
		last = time.Now()
		if first.IsZero() { // the first batch only starts the clock
			first = last
			continue
		}
		m.SDUs += n
	}
}

// pingVC sends SDUs and waits for each to come back.
func pingVC(ctx context.Context, v *client.VC, size, n int) ([]time.Duration, error) {
	times := make([]time.Duration, n)
	sdu, buf := client.SDU{Payload: make([]byte, size)}, make([]byte, v.MaxReceive())
	for i := range times {
		began := time.Now()
		if err := v.Send(ctx, sdu); err != nil {
			return nil, err
		}
		if _, err := v.Recv(ctx, buf); err != nil {
			return nil, err
		}
		times[i] = time.Since(began)
	}
	return times, nil
}

// echoVC sends back what comes until the call is released.
func echoVC(ctx context.Context, v *client.VC) error {
	buf := make([]byte, v.MaxReceive())
	for {
		s, err := v.Recv(ctx, buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = v.Send(ctx, s)
		}
		if err != nil {
			return err
		}
	}
}
