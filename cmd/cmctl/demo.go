package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/cmd/cmctl/ladder"
	"callmanager/lab"
	"callmanager/vc"
)

// What the demo does.
const (
	demoSDUs    = 10000
	demoRate    = vc.BitRate(50e6)
	demoTimeout = 20 * time.Second
)

// demoCommand shows the main job.
func demoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Show the main job: two hosts, one call, ten thousand SDUs both ways, verified (root)",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), demoTimeout)
			defer cancel()
			return a.demo(ctx)
		},
	}
}

// demo makes a lab, shows the main job in it, and removes it.
func (a *app) demo(ctx context.Context) error {
	a.lab = fmt.Sprintf("demo%d", os.Getpid())
	done, err := a.startJanitor()
	if err != nil {
		return err
	}
	defer done()
	d := &demo{app: a, began: time.Now()}
	return errors.Join(d.run(ctx), d.end(context.WithoutCancel(ctx)))
}

// demo is one showing of the main job.
type demo struct {
	*app
	began time.Time
	lab   *lab.Lab
	// Connections to the daemons: one each that traces, one each that calls.
	traced     []*client.Conn
	alice, bob *client.Conn

	mu     sync.Mutex
	events []*cmdpb.TraceEvent
}

// step announces what comes next.
func (d *demo) step(format string, v ...any) {
	_, _ = fmt.Fprintf(d.out, "\n== %5.2f s  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, v...))
}

// run is the story.
func (d *demo) run(ctx context.Context) error {
	d.step("two hosts, alice and bob, each with cmd-daemon on its NIC, joined by Ethernet")
	if err := d.bringUp(ctx); err != nil {
		return err
	}
	if err := d.showLinks(ctx); err != nil {
		return err
	}
	d.step("alice calls bob and reserves %s", demoRate)
	t, err := d.place(ctx)
	if err != nil {
		return err
	}
	p := t.calling.Parameters().GetContract()
	_, _ = fmt.Fprintf(d.out, "connected: VC %s on %s, contract %s\n", channelText(t.calling), t.calling.Channel().GetLink(), contractText(p))
	d.step("%d SDUs of 1 to %d octets to bob and back, each verified by its hash on both sides", demoSDUs, t.calling.MaxSend())
	if err := t.exchange(ctx); err != nil {
		return errors.Join(err, d.showDeath(ctx))
	}
	_, _ = fmt.Fprintf(d.out, "%d SDUs, %d octets each way in %s: all arrived in order and unharmed\n",
		demoSDUs, t.octets, t.took.Round(time.Millisecond))
	if err := d.showCounters(ctx); err != nil {
		return err
	}
	d.step("alice releases")
	if err := t.release(ctx); err != nil {
		return err
	}
	d.step("the signalling, as alice's daemon saw it")
	if err := d.showLadder(); err != nil {
		return err
	}
	d.step("nothing is left on either side")
	return d.showEmpty(ctx)
}

// bringUp starts the daemons, with a trace on alice before the peer exists.
func (d *demo) bringUp(ctx context.Context) error {
	var err error
	if d.lab, err = lab.Prepare(lab.Config{Name: d.app.lab, Owned: true}); err != nil {
		return err
	}
	for _, h := range d.lab.Hosts() {
		if err := h.StartDaemon(ctx); err != nil {
			return err
		}
		if len(d.traced) > 0 {
			continue
		}
		c, err := h.Dial(ctx)
		if err != nil {
			return err
		}
		d.traced = append(d.traced, c)
		if err := c.Trace(ctx, "", d.note); err != nil {
			return err
		}
	}
	if d.alice, err = d.lab.Hosts()[0].Dial(ctx); err != nil {
		return err
	}
	d.bob, err = d.lab.Hosts()[1].Dial(ctx)
	return err
}

// note keeps a trace event.
func (d *demo) note(e *cmdpb.TraceEvent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
}

// showLinks waits for the links and prints them.
func (d *demo) showLinks(ctx context.Context) error {
	d.step("the links come up: SSCOP connects, RESTART clears what was left of earlier lives")
	if err := d.lab.AwaitLinks(ctx, nil); err != nil {
		return err
	}
	return d.bothSides(func(name string, c *client.Conn) error {
		_, _ = fmt.Fprintf(d.out, "%s:\n", name)
		return d.links(ctx, c)
	})
}

// bothSides calls f for both hosts.
func (d *demo) bothSides(f func(name string, c *client.Conn) error) error {
	if err := f("alice", d.alice); err != nil {
		return err
	}
	return f("bob", d.bob)
}

// place makes the call and accepts it.
func (d *demo) place(ctx context.Context) (*transfer, error) {
	pcr, err := vc.PCRFor(demoRate)
	if err != nil {
		return nil, err
	}
	l, err := d.bob.Listen(ctx, client.SAP{})
	if err != nil {
		return nil, err
	}
	t := &transfer{}
	accept := func(ctx context.Context) error {
		o, err := l.Accept(ctx)
		if err == nil {
			t.called, err = o.Accept(ctx)
		}
		return err
	}
	call := func(ctx context.Context) error {
		flow := &cmdpb.Flow{Pcr: uint32(pcr)}
		var err error
		t.calling, err = d.alice.Call(ctx, "bob", &client.CallOptions{
			Contract: &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: flow, Backward: flow},
		})
		return err
	}
	if err := together(ctx, accept, call); err != nil {
		return nil, err
	}
	return t, l.Close()
}

// showDeath prints the counters, which tell where an SDU died. The time of the demo may be up, and a
// daemon may be what hangs.
func (d *demo) showDeath(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryTimeout)
	defer cancel()
	return d.showCounters(ctx)
}

// showCounters prints what both sides counted, without the zeros.
func (d *demo) showCounters(ctx context.Context) error {
	d.step("the counters of both sides")
	return d.bothSides(func(name string, c *client.Conn) error {
		vcs, err := c.VCs(ctx)
		if err != nil {
			return err
		}
		for _, v := range vcs {
			_, _ = fmt.Fprintf(d.out, "%-5s VC %s: %s\n", name, channel(v.GetLink(), v.GetVpi(), v.GetVci()), nonZero(v.GetCounters()))
		}
		links, err := c.Links(ctx)
		if err != nil {
			return err
		}
		for _, l := range links {
			_, _ = fmt.Fprintf(d.out, "%-5s link %s: %s\n", name, l.GetName(), nonZero(l.GetCounters()))
		}
		return nil
	})
}

// nonZero formats the counters that have counted something.
func nonZero(cs []*cmdpb.Counter) string {
	var s []string
	for _, c := range cs {
		if c.GetValue() != 0 {
			s = append(s, fmt.Sprintf("%s=%d", c.GetName(), c.GetValue()))
		}
	}
	return strings.Join(s, " ")
}

// demoMessages are what the ladder of one call must show, in this order.
var demoMessages = []string{"SETUP", "CONNECT", "CONNECT ACKNOWLEDGE", "RELEASE", "RELEASE COMPLETE"}

// showLadder prints the trace and checks that the whole call is in it.
func (d *demo) showLadder() error {
	d.mu.Lock()
	events := slices.Clone(d.events)
	d.mu.Unlock()
	rungs := &ladder.Ladder{Out: d.out, Local: "alice", Remote: "bob", All: true, Colour: d.colour}
	want := demoMessages
	for _, e := range events {
		if err := rungs.Add(e); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		if len(want) > 0 && e.GetMessage() == want[0] {
			want = want[1:]
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("demo: the trace lacks %s", strings.Join(want, ", "))
	}
	return nil
}

// showEmpty prints both tables and fails unless they are empty and nothing is reserved.
func (d *demo) showEmpty(ctx context.Context) error {
	return d.bothSides(func(name string, c *client.Conn) error {
		vcs, err := c.VCs(ctx)
		if err != nil {
			return err
		}
		calls, err := c.Calls(ctx)
		if err != nil {
			return err
		}
		links, err := c.Links(ctx)
		if err != nil {
			return err
		}
		var reserved uint64
		for _, l := range links {
			reserved += l.GetReserved()
		}
		_, _ = fmt.Fprintf(d.out, "%-5s %d VCs, %d calls, %s reserved\n", name, len(vcs), len(calls), vc.BitRate(reserved))
		if len(vcs)+len(calls) > 0 || reserved > 0 {
			return fmt.Errorf("demo: %s has something left", name)
		}
		return nil
	})
}

// end removes what the demo made.
func (d *demo) end(ctx context.Context) error {
	for _, c := range append(d.traced, d.alice, d.bob) {
		if c != nil {
			_ = c.Close()
		}
	}
	if d.lab == nil {
		return nil
	}
	return d.lab.Down(ctx)
}
