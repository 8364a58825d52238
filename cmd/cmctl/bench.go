package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"callmanager/client"
	"callmanager/cmd/cmctl/bench"
	"callmanager/vc"
)

// benchFlags are the flags that the verbs of bench share.
type benchFlags struct {
	sel      string
	progress bool
}

// add adds the flags to a verb.
func (b *benchFlags) add(a *app, cmd *cobra.Command, sel string) *cobra.Command {
	cmd.Flags().StringVar(&b.sel, "sel", "", sel)
	cmd.Flags().BoolVar(&b.progress, "progress", false, "tell every second on standard error how far it is, also where that is no terminal")
	for _, name := range []string{"sel", "address", "size", "rate", "duration", "interval", "count", "hold", "outstanding"} {
		if cmd.Flags().Lookup(name) != nil {
			completeWords(cmd, name) // there are no words, and files are none either
		}
	}
	return a.jsonFlag(cmd)
}

// to returns whom to call.
func (b *benchFlags) to(dest string) (bench.To, error) {
	selector, err := parseSelector(b.sel)
	return bench.To{Dest: dest, Selector: selector}, err
}

// benchCommand measures between two daemons.
func benchCommand(a *app) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "bench",
		Short: "Measure throughput, loss, round trips and call rates against a sink at another daemon",
		Long: `Measure from client to client through two daemons. Start "cmctl bench sink" at one host; at another one
"source" sends to it, "rtt" measures round trips and "calls" sets up calls. The sink takes nothing else, and
other listeners of its host get nothing of this.

While it measures a line a second tells how far it is, at a terminal or with --progress. Ctrl-C ends
it in order and prints what was measured until then.`,
	})
	cmd.AddCommand(benchSinkCommand(a), benchSourceCommand(a), benchRTTCommand(a), benchCallsCommand(a))
	return cmd
}

// benchLine is how often the line of a measurement is shown.
const benchLine = time.Second

// liveLine shows how far a measurement is: at a terminal in one line that changes. Nil shows nothing.
type liveLine struct {
	*app
	line        func() string
	done, ended chan struct{}

	mu    sync.Mutex // of the standard error
	shown bool       // there is a line at the terminal
}

// liveWide is how much of the terminal's line is written over.
const liveWide = 100

// live shows a line now and then until it is stopped, if somebody reads it or wants it always.
func (a *app) live(always bool, line func() string) *liveLine {
	if !a.terminal && !always {
		return nil
	}
	l := &liveLine{app: a, line: line, done: make(chan struct{}), ended: make(chan struct{})}
	go l.run()
	return l
}

// run shows the line until done.
func (l *liveLine) run() {
	defer close(l.ended)
	tick := time.NewTicker(cmp.Or(l.patience, benchLine))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.show()
		case <-l.done:
			return
		}
	}
}

// show shows the line.
func (l *liveLine) show() {
	text := l.line() // which may wait for what is written above
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.terminal {
		_, _ = fmt.Fprintln(l.err, text)
		return
	}
	_, _ = fmt.Fprintf(l.err, "\r%-*s", liveWide, text)
	l.shown = true
}

// above has something else written where the line is.
func (l *liveLine) above(write func() error) error {
	if l == nil {
		return write()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown {
		_, _ = fmt.Fprintf(l.err, "\r%*s\r", liveWide, "")
		l.shown = false
	}
	return write()
}

// stop ends the line.
func (l *liveLine) stop() {
	if l == nil {
		return
	}
	close(l.done)
	<-l.ended
	_ = l.above(func() error { return nil })
}

// measurement is a calling side; R is what comes of it.
type measurement[R any] interface {
	Line() string
	Run(context.Context, *client.Conn) (*R, error)
}

// measure carries a measurement out and prints what came of it, also where that is not all.
func measure[R any](ctx context.Context, a *app, b *benchFlags, what string, m measurement[R], show func(*R) error) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	line := a.live(b.progress, m.Line)
	r, err := m.Run(ctx, c)
	line.stop()
	if err != nil {
		err = fmt.Errorf("bench %s: %w", what, err)
	}
	if r == nil {
		return err
	}
	if a.json {
		return errors.Join(err, a.printJSON(r))
	}
	return errors.Join(err, show(r))
}

// benchSourceCommand sends.
func benchSourceCommand(a *app) *cobra.Command {
	var (
		b          benchFlags
		s          bench.Source
		size, rate string
	)
	cmd := &cobra.Command{
		Use:   "source DEST",
		Short: "Send numbered SDUs to a sink and tell what became of them",
		Long: `Call the sink of DEST and send it SDUs with a number, a time and a check. With --rate the call reserves what
that takes (CBR), and SDUs are offered by the clock; without it they go with best effort (UBR), as fast as
the ring takes them. In the end the sink tells what has come. Offered is what was due, accepted what the ring
has taken, sent what the daemon has sent, and lost what the ring has taken and the sink has not got.`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, argv []string) error {
			var err error
			if s.To, err = b.to(argv[0]); err != nil {
				return err
			}
			if s.Smallest, s.Largest, err = bench.ParseRange(size); err != nil {
				return fmt.Errorf("--size %w: %w", err, errUsage)
			}
			if rate != "" {
				if s.Rate, err = vc.ParseRate(rate); err != nil {
					return fmt.Errorf("--rate: %w: %w", err, errUsage)
				}
			}
			if _, err := s.Contract(); err != nil {
				return fmt.Errorf("--rate: %w: %w", err, errUsage)
			}
			if err := positive("--duration", s.Duration); err != nil {
				return err
			}
			return measure(cmd.Context(), a, &b, "source", &s, a.showSource)
		},
	}
	f := cmd.Flags()
	f.StringVar(&size, "size", "1024", "`octets` of an SDU, or smallest-largest of a mixture")
	f.StringVar(&rate, "rate", "", "reserve and offer this `rate` of SDU octets, such as 200Mbit/s (default: as fast as it goes)")
	f.DurationVar(&s.Duration, "duration", 10*time.Second, "send for this `time`")
	return b.add(a, cmd, callSelector)
}

// callSelector is the help of --sel of calling sides.
const callSelector = "call this selector of DEST, one or two hexadecimal `digits` (default: that of the address)"

// positive checks a time of a flag.
func positive(flag string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s %v: want a time above 0s: %w", flag, d, errUsage)
	}
	return nil
}

// benchRTTCommand measures round trips.
func benchRTTCommand(a *app) *cobra.Command {
	var (
		b    benchFlags
		m    bench.RTT
		size string
	)
	cmd := &cobra.Command{
		Use:   "rtt DEST",
		Short: "Measure the round trips of SDUs to a sink and back",
		Long: `Call the sink of DEST with best effort and send it SDUs, which it sends back: one each --interval, whether
answers come or not, or with --interval 0 one when the one before is back. What is not back after a second
is lost. Percentiles are too long by 1/128 at most.`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, argv []string) error {
			var err error
			if m.To, err = b.to(argv[0]); err != nil {
				return err
			}
			smallest, largest, err := bench.ParseRange(size)
			switch {
			case err != nil:
				return fmt.Errorf("--size %w: %w", err, errUsage)
			case smallest != largest:
				return fmt.Errorf("--size %q: want one size: %w", size, errUsage)
			case m.Interval < 0:
				return fmt.Errorf("--interval %v: want 0s or more: %w", m.Interval, errUsage)
			}
			m.Size = largest
			return measure(cmd.Context(), a, &b, "rtt", &m, a.showRTT)
		},
	}
	f := cmd.Flags()
	f.StringVar(&size, "size", "64", "`octets` of an SDU")
	f.DurationVar(&m.Interval, "interval", 10*time.Millisecond, "send an SDU after this `time`; 0: when the one before is back")
	f.Uint64Var(&m.Count, "count", 1000, "send so many SDUs, 0 = until Ctrl-C")
	return b.add(a, cmd, callSelector)
}

// mostOutstanding is how many calls a daemon lets a client have.
const mostOutstanding = 4096

// benchCallsCommand measures set-ups.
func benchCallsCommand(a *app) *cobra.Command {
	var (
		b    benchFlags
		m    bench.Calls
		rate string
	)
	cmd := &cobra.Command{
		Use:   "calls DEST",
		Short: "Set up calls to a sink and release them, and tell how fast and how many failed",
		Long: `Make calls to the sink of DEST, hold each for --hold and release it. With --rate so many begin a second, and
their set-up times run from when they were due; one that finds --outstanding calls under way waits for
one of them to end, so --outstanding is to be above --rate times the time of a call. Without --rate a call
begins when another one has ended. The exit code is 1 if a call has failed.`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, argv []string) error {
			var err error
			if m.To, err = b.to(argv[0]); err != nil {
				return err
			}
			if m.Rate, err = callRate(rate); err != nil {
				return err
			}
			switch {
			case m.Hold < 0:
				return fmt.Errorf("--hold %v: want 0s or more: %w", m.Hold, errUsage)
			case m.Outstanding < 1 || m.Outstanding > mostOutstanding:
				return fmt.Errorf("--outstanding %d: want 1 to %d: %w", m.Outstanding, mostOutstanding, errUsage)
			}
			if err := positive("--duration", m.Duration); err != nil {
				return err
			}
			return measure(cmd.Context(), a, &b, "calls", &m, a.showCalls)
		},
	}
	f := cmd.Flags()
	f.StringVar(&rate, "rate", "", "begin so many `calls` a second, such as 200 or 0.5 (default: as many as go)")
	f.DurationVar(&m.Hold, "hold", 0, "hold each call for this `time`")
	f.IntVar(&m.Outstanding, "outstanding", 64, "have so many `calls` at a time at most")
	f.DurationVar(&m.Duration, "duration", 10*time.Second, "begin calls for this `time`")
	return b.add(a, cmd, callSelector)
}

// callRate reads calls a second; none is 0.
func callRate(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	const least, most = 1e-3, 1e6
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || !(rate >= least && rate <= most) {
		return 0, fmt.Errorf("--rate %q: want calls a second, %g to %.0f, such as 200: %w", text, least, most, errUsage)
	}
	return rate, nil
}

// benchSinkCommand takes what the others send.
func benchSinkCommand(a *app) *cobra.Command {
	var (
		b benchFlags
		s bench.Sink
	)
	cmd := &cobra.Command{
		Use:   "sink",
		Short: "Take the calls of bench source, rtt and calls, and tell what came in each",
		Long: `Take calls of "bench source", "bench rtt" and "bench calls" from other hosts, any number at a time, until
Ctrl-C or for --count calls. Each call of source and rtt has a line when it is over; those of calls are only
counted. With --json a line is an object. Calls of others, as "cmctl call" makes them, do not come here:
another listener of this host gets them, and without one they are refused with cause 88.`,
		Args:              args(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if s.Selector, err = parseSelector(b.sel); err != nil {
				return err
			}
			if s.Count < 0 {
				return fmt.Errorf("--count %d: want 0 or more: %w", s.Count, errUsage)
			}
			if _, err := vc.ParseAddr(s.Address); s.Address != "" && err != nil {
				return fmt.Errorf("--address: %w: %w", err, errUsage)
			}
			return a.benchSink(cmd.Context(), &b, &s)
		},
	}
	f := cmd.Flags()
	f.IntVar(&s.Count, "count", 0, "take so many calls, 0 = until Ctrl-C")
	f.StringVar(&s.Address, "address", "", "take calls to this `address` of the daemon only (default: any)")
	return b.add(a, cmd, "take calls with this selector, one or two hexadecimal `digits` (default: any)")
}

// benchSink takes calls.
func (a *app) benchSink(ctx context.Context, b *benchFlags, s *bench.Sink) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	l, err := s.Listen(ctx, c)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // told to stop
	case err != nil:
		return fmt.Errorf("bench sink: %w", err)
	}
	lines := json.NewEncoder(a.out)
	var broken error // of the output; owned by the sink until that has ended
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	line := a.live(b.progress, s.Line)
	show := func(write func() error) {
		if broken == nil {
			if broken = line.above(write); broken != nil {
				cancel()
			}
		}
	}
	s.Ended = func(r *bench.SinkResult) {
		show(func() error {
			if a.json {
				return lines.Encode(r)
			}
			return a.showSunk(r)
		})
	}
	total, err := s.Run(ctx, l)
	line.stop()
	show(func() error {
		if a.json {
			return lines.Encode(total)
		}
		return a.showSink(total)
	})
	if err == nil && s.Count != 0 && total.Failed > 0 {
		err = fmt.Errorf("%d of the calls did not end with normal clearing", total.Failed)
	}
	if err = errors.Join(err, broken); err != nil {
		return fmt.Errorf("bench sink: %w", err)
	}
	return nil
}
