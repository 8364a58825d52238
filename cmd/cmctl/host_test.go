package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callmanager/api"
	"callmanager/client"
	"callmanager/datapath"
	"callmanager/nicio"
	"callmanager/nicio/mem"
	"callmanager/signalling"
	"callmanager/vc"
)

// waitLimit bounds what must come; nothing takes so long.
const waitLimit = 20 * time.Second

// controlLabel is the label of the control VC, which has ports of its own.
const controlLabel = 0x10005

// host is a whole daemon in this process, on a wire in memory.
type host struct {
	t       *testing.T
	wire    *mem.Wire
	engine  *datapath.Engine
	manager *signalling.Manager
	server  *api.Server
	socket  string
	address string
}

// startHosts makes two daemons whose link is up. alice knows bob by name.
func startHosts(t *testing.T) (alice, bob *host) {
	t.Helper()
	w := mem.New(mem.Config{})
	a, b := vc.MAC{2, 0, 0, 0, 0, 1}, vc.MAC{2, 0, 0, 0, 0, 2}
	alice = startHost(t, w, a, b, map[string]vc.Addr{"bob": vc.AddrFromMAC(b)})
	bob = startHost(t, w, b, a, nil)
	for _, h := range []*host{alice, bob} {
		eventually(t, "the link is up", func() error {
			rows, _, err := h.manager.Links(t.Context(), "", 0)
			if err == nil && rows[0].State != "up" {
				err = fmt.Errorf("it is %s", rows[0].State)
			}
			return err
		})
	}
	return alice, bob
}

// startHost makes a daemon that ends with the test.
func startHost(t *testing.T, w *mem.Wire, mac, peer vc.MAC, hosts map[string]vc.Addr) *host {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h := &host{t: t, wire: w, socket: filepath.Join(t.TempDir(), "cmd.sock"), address: vc.AddrFromMAC(mac).String()}
	station, err := w.Station(nicio.MAC(mac))
	must(err)
	reject, err := nicio.RejectLabels(controlLabel)
	must(err)
	accept, err := nicio.AcceptLabels(controlLabel)
	must(err)
	data, err := station.Open(nicio.Config{Filter: reject})
	must(err)
	control, err := station.Open(nicio.Config{Filter: accept})
	must(err)
	h.engine, err = datapath.New(datapath.Config{
		Links:     []datapath.LinkConfig{{ID: 1, Name: "peer", Interface: "mem", Peer: peer}},
		NICs:      map[string]datapath.NIC{"mem": {Data: data, Control: control, Speed: 1e9}},
		Receive:   func(link vc.LinkID, sdu []byte) { h.manager.Receive(link, sdu) },
		Status:    func(link vc.LinkID, st vc.LinkStatus) { h.manager.LinkStatus(link, st) },
		Violation: func(v vc.Handle, err error) { h.manager.Violation(v, err) },
	})
	must(err)
	h.manager, err = signalling.New(signalling.Config{
		Links: []signalling.LinkConfig{{
			ID: 1, Name: "peer", Interface: "mem", Peer: peer, Mode: "frame", Channel: h.engine.Channel(1),
		}},
		Hosts: hosts, Plane: h.engine, Version: "1.2.3",
	})
	must(err)
	h.server, err = api.Listen(h.socket, api.Config{Manager: h.manager, Tap: h.engine.Tap()})
	must(err)
	h.manager.Start()
	h.engine.Start()
	go func() { _ = h.server.Serve() }()
	t.Cleanup(h.close)
	return h
}

// close ends the daemon at once.
func (h *host) close() {
	_ = h.server.Close()
	_ = h.manager.Close()
	_ = h.engine.Close()
}

// dial connects the test itself.
func (h *host) dial() *client.Conn {
	h.t.Helper()
	c, err := client.Dial(h.t.Context(), client.Options{Socket: h.socket, Name: "test"})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// awaitEmpty waits until neither daemon has a VC, a call, or a reservation.
func awaitEmpty(t *testing.T, hosts ...*host) {
	t.Helper()
	for _, h := range hosts {
		eventually(t, "nothing is left", func() error {
			s, err := h.manager.Status(t.Context())
			if err == nil && s.VCs+s.Calls+s.SAPs != 0 {
				err = fmt.Errorf("%d VCs, %d calls, %d SAPs", s.VCs, s.Calls, s.SAPs)
			}
			return err
		})
	}
}

// eventually waits until check returns nil.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var err error
	for end := time.Now().Add(waitLimit); time.Now().Before(end); <-tick.C {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// buffer is what a program writes while a test reads it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// program is one run of cmctl in this process.
type program struct {
	t        *testing.T
	args     []string
	out, err buffer
	stop     context.CancelFunc // as Ctrl-C does
	done     chan struct{}
	code     int
}

// start runs cmctl at a host with an input; nil is an empty one. The streams may be changed before.
func (h *host) start(in io.Reader, change func(*streams), args ...string) *program {
	h.t.Helper()
	p := &program{t: h.t, args: args, done: make(chan struct{})}
	if in == nil {
		in = strings.NewReader("")
	}
	s := &streams{in: in, out: &p.out, err: &p.err}
	if change != nil {
		change(s)
	}
	var ctx context.Context
	ctx, p.stop = context.WithCancel(h.t.Context())
	go func() {
		defer close(p.done)
		p.code = execute(ctx, append([]string{"--socket", h.socket}, args...), s)
	}()
	h.t.Cleanup(func() {
		p.stop()
		<-p.done
	})
	return p
}

// run runs cmctl to its end.
func (h *host) run(in io.Reader, args ...string) *program {
	h.t.Helper()
	p := h.start(in, nil, args...)
	p.wait()
	return p
}

// listen starts cmctl listen and waits until its SAP stands.
func (h *host) listen(in io.Reader, change func(*streams), args ...string) *program {
	h.t.Helper()
	return h.serve(1, in, change, append([]string{"listen"}, args...)...)
}

// serve starts a verb that takes calls and waits until so many SAPs stand.
func (h *host) serve(saps int, in io.Reader, change func(*streams), args ...string) *program {
	h.t.Helper()
	p := h.start(in, change, args...)
	eventually(h.t, "the SAPs stand", func() error {
		s, err := h.manager.Status(h.t.Context())
		if err == nil && s.SAPs < saps {
			err = errors.New("not yet: " + p.err.String())
		}
		return err
	})
	return p
}

// wait waits for the end of the program.
func (p *program) wait() {
	p.t.Helper()
	limit := time.NewTimer(waitLimit)
	defer limit.Stop()
	select {
	case <-p.done:
	case <-limit.C:
		p.t.Fatalf("cmctl %v has not ended: %q, %q", p.args, p.out.String(), p.err.String())
	}
}

// want waits for the end and checks the exit code, the output, and that the words are on standard error: without
// any it must be empty.
func (p *program) want(code int, out string, words ...string) {
	p.t.Helper()
	p.wait()
	if p.code != code || p.out.String() != out {
		p.t.Errorf("cmctl %v: exit code %d with %.200q, want %d with %.200q; %s", p.args, p.code, p.out.String(), code, out, p.err.String())
	}
	if len(words) == 0 && p.err.String() != "" {
		p.t.Errorf("cmctl %v: said %q", p.args, p.err.String())
	}
	for _, w := range words {
		if !strings.Contains(p.err.String(), w) {
			p.t.Errorf("cmctl %v: said %q, want %q in it", p.args, p.err.String(), w)
		}
	}
}

// wantOut waits until the program has written exactly this.
func (p *program) wantOut(out string) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%q is written", out), func() error {
		if got := p.out.String(); got != out {
			return fmt.Errorf("%q is", got)
		}
		return nil
	})
}

// openInput returns an input that stays open and empty until the end of the test.
func openInput(t *testing.T) io.Reader {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = w.Close()
		_ = r.Close()
	})
	return r
}
