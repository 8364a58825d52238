package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"callmanager/client"
)

// Arguments of the parts of the benchmarks.
const (
	fromEnv     = "E2E_FROM" // MAC addresses
	toEnv       = "E2E_TO"
	selectorEnv = "E2E_SELECTOR" // last octet of the address at which a client answers
	ringEnv     = "E2E_RING"     // octets of the rings of the calls it answers; 0 for the default
)

// socketFD is the socket that a part of the bare path is started with.
const socketFD = 3

func init() {
	roles["bare"] = func(context.Context) error {
		head, err := bareHead()
		if err != nil {
			return err
		}
		return serveSocket(newSocketPath(socketFD, head))
	}
	roles["udp"] = func(context.Context) error { return serveSocket(newSocketPath(socketFD, nil)) }
	roles["vc"] = func(ctx context.Context) error {
		p, err := newVCPath(ctx)
		if err != nil {
			return err
		}
		return serveOrders(p.do)
	}
}

// serveSocket serves the orders to a socket path, whose raw system calls must find a processor of Go each, and
// no collector that waits for them.
func serveSocket(p *socketPath) error {
	runtime.GOMAXPROCS(max(4, runtime.NumCPU()))
	debug.SetGCPercent(-1)
	return serveOrders(p.do)
}

// order is what a part is to do; its meaning depends on Do.
type order struct {
	Do    string
	Size  int
	N     int
	Wide  int // at a time
	Rate  int // of calls a second that begin, however long they take, 0 as many as go; or of each contract in bit/s
	For   time.Duration
	Cores []int // the processors to do it on; none for any

	Contracts int  // how many of the calls have one
	Behind    bool // calls are released while the next ones are made
}

// orderStop ends an order that goes on until then.
const orderStop = "stop"

// stopped says that the order under way is to end.
var stopped atomic.Bool

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
	out := json.NewEncoder(os.Stdout)
	orders, ended := make(chan order), make(chan error, 1)
	go func() { ended <- readOrders(orders) }()
	for {
		var o order
		select {
		case o = <-orders:
		case err := <-ended:
			return err
		}
		stopped.Store(false)
		if err := out.Encode("begun"); err != nil {
			return err
		}
		cpu := cpuTime()
		free, err := keepTo(o.Cores)
		if err != nil {
			return err
		}
		m, err := do(o)
		free()
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

// readOrders takes orders from the standard input until its end, and notes when one is to stop.
func readOrders(orders chan<- order) error {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var o order
		switch err := in.Decode(&o); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case o.Do == orderStop:
			stopped.Store(true)
		default:
			orders <- o
		}
	}
}

// keepTo keeps all threads of this process to some processors until the returned function is called.
func keepTo(cores []int) (free func(), err error) {
	if len(cores) == 0 {
		return func() {}, nil
	}
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, os.NewSyscallError("sched_getaffinity", err)
	}
	for _, n := range cores {
		set.Set(n)
	}
	if err := spread(&set); err != nil {
		return nil, err
	}
	return func() { _ = spread(&before) }, nil
}

// spread lets all threads of this process, and those to come, use some processors.
func spread(set *unix.CPUSet) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, set); err != nil && !errors.Is(err, unix.ESRCH) {
			return os.NewSyscallError("sched_setaffinity", err)
		}
	}
	return nil
}

// do performs an order by a socket.
func (p *socketPath) do(o order) (m moved, err error) {
	switch o.Do {
	case "send":
		return p.send(o.Size, o.For)
	case "receive":
		return p.receive()
	case "both", "both answering":
		return p.both(o.Size, o.For)
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
	many     manyVCs // kept from one order to the next
}

// newVCPath connects, and listens for calls.
func newVCPath(ctx context.Context) (*vcPath, error) {
	c, err := client.Dial(ctx, client.Options{Socket: os.Getenv(socketEnv), Name: "bench"})
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(os.Getenv(selectorEnv), 10, 8)
	if err != nil {
		return nil, err
	}
	ring, err := strconv.Atoi(os.Getenv(ringEnv))
	if err != nil {
		return nil, err
	}
	sel := uint8(n)
	l, err := c.Listen(ctx, client.SAP{Selector: &sel, SendRing: ring, ReceiveRing: ring})
	return &vcPath{ctx: ctx, c: c, listener: l}, err
}

// do performs an order over calls of its own.
func (p *vcPath) do(o order) (moved, error) {
	switch o.Do {
	case "send":
		return atOnce(o.Wide, func() (moved, error) {
			return p.calling(func(v *client.VC) (moved, error) { return sendFor(p.ctx, v, o.Size, o.For) })
		})
	case "receive":
		return atOnce(o.Wide, func() (moved, error) {
			return p.called(func(v *client.VC) (moved, error) { return receiveAll(p.ctx, v) })
		})
	case "ping":
		return p.calling(func(v *client.VC) (moved, error) {
			times, err := pingVC(p.ctx, v, o.Size, o.N)
			return percentiles(times), err
		})
	case "echo":
		return p.called(func(v *client.VC) (moved, error) { return moved{}, echoVC(p.ctx, v) })
	case "both":
		return p.calling(func(v *client.VC) (moved, error) { return bothWays(p.ctx, v, o, true) })
	case "both answering":
		return p.overrun(func(v *client.VC) (moved, error) { return bothWays(p.ctx, v, o, false) })
	case "call":
		return p.calls(o)
	case "answer":
		return p.answers(o.N)
	}
	return p.doMany(o)
}

// atOnce does something so many times at a time, once at least, and returns all that was moved in the longest time
// that one took.
func atOnce(n int, do func() (moved, error)) (all moved, err error) {
	type result struct {
		moved
		err error
	}
	results := make(chan result)
	for range max(n, 1) {
		go func() {
			m, err := do()
			results <- result{m, err}
		}()
	}
	for range max(n, 1) {
		r := <-results
		all.SDUs += r.SDUs
		all.Mallocs = max(all.Mallocs, r.Mallocs) // Of the process.
		all.Time = max(all.Time, r.Time)
		err = errors.Join(err, r.err)
	}
	return all, err
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

// overrun is called for an order that may still be sending when the other side releases: what is in the ring then is
// dropped, and that is no failure.
func (p *vcPath) overrun(use func(*client.VC) (moved, error)) (m moved, err error) {
	_, _ = p.called(func(v *client.VC) (moved, error) {
		m, err = use(v)
		return m, nil
	})
	return m, err
}

// mallocs counts the allocations of this process.
func mallocs() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.Mallocs
}

// sendFor sends SDUs for a time, or until it is to stop.
func sendFor(ctx context.Context, v *client.VC, size int, d time.Duration) (m moved, err error) {
	sdus := make([]client.SDU, batch)
	for i := range sdus {
		sdus[i].Payload = make([]byte, size)
	}
	before := mallocs()
	began := time.Now()
	for time.Since(began) < d && !stopped.Load() {
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

// bothWays sends for a time and receives meanwhile. The caller releases the call a little later, when the other side
// has sent for as long. What it returns is what came.
func bothWays(ctx context.Context, v *client.VC, o order, caller bool) (moved, error) {
	sent := make(chan error, 1)
	go func() {
		_, err := sendFor(ctx, v, o.Size, o.For)
		if errors.Is(err, client.ErrReleased) {
			err = nil // the caller's clock was first
		}
		if caller && err == nil {
			const later = 20 * time.Millisecond
			time.Sleep(later)
			err = v.Close()
		}
		sent <- err
	}()
	m, err := receiveAll(ctx, v)
	return m, errors.Join(err, <-sent)
}

// receiveAll receives until the call is released, or closed here.
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
		case errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed):
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
