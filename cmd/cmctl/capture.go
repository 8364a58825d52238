package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/cmd/cmctl/capfile"
)

// captureOptions are the flags of capture.
type captureOptions struct {
	file          string
	links, vcs    []string
	control, data bool
	snaplen       uint32
	count         uint64
	duration      time.Duration
}

// captureCommand writes what passes through the daemon.
func captureCommand(a *app) *cobra.Command {
	var o captureOptions
	cmd := &cobra.Command{
		Use:   "capture -w FILE.pcapng",
		Short: "Write control and data of links as pcapng, which Wireshark reads with no plugin (root or group cmd-admin)",
		Long: `Capture writes what the daemon sends and receives until Ctrl-C, --count or --duration ends it. "-" writes to
standard output: cmctl capture -w - | wireshark -k -i -

Each link is an interface of its name. Signalling and data are exported PDUs (link type 252): SSCOP with the
Q.2931 messages in it, and the control word of RFC 4717 with the payload behind it, whose channel stands in
the packet's comment. The daemon loses packets rather than time: what was dropped is told at the end, and in
the statistics of the interfaces.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.capture(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "write", "w", "", "`file` to write, or - for standard output (required)")
	completeFiles(cmd, "write", "pcapng")
	f.StringSliceVar(&o.links, "link", nil, "capture this link only, by `name`; may be repeated")
	a.completeFlag(cmd, "link", a.linkNames)
	f.StringSliceVar(&o.vcs, "vc", nil, "capture this channel only, as `VPI.VCI`; may be repeated")
	a.completeFlag(cmd, "vc", a.openChannels)
	f.BoolVar(&o.control, "control", false, "capture the control VCs only")
	f.BoolVar(&o.data, "data", false, "capture data only")
	f.Uint32Var(&o.snaplen, "snaplen", 0, "keep so many `octets` of each packet (0: all, 65000 at most)")
	f.Uint64VarP(&o.count, "count", "c", 0, "end after so many `packets` (0: never)")
	f.DurationVar(&o.duration, "duration", 0, "end after this `time`, such as 10s (0: never)")
	return cmd
}

// request translates the flags.
func (o *captureOptions) request() (*cmdpb.Capture, error) {
	if o.file == "" {
		return nil, fmt.Errorf("capture: -w FILE is needed (- for standard output): %w", errUsage)
	}
	if o.control && o.data {
		return nil, fmt.Errorf("--control and --data: without both, both are captured: %w", errUsage)
	}
	if o.duration < 0 {
		return nil, fmt.Errorf("--duration %v: want a time that is not negative: %w", o.duration, errUsage)
	}
	op := &cmdpb.Capture{Links: o.links, NoControl: o.data, NoData: o.control, Snaplen: o.snaplen}
	for _, s := range o.vcs {
		ch, ok := parseVC(s)
		if !ok {
			return nil, fmt.Errorf("--vc %q: want VPI.VCI, such as 0.32: %w", s, errUsage)
		}
		op.Channels = append(op.Channels, &cmdpb.CaptureChannel{Vpi: uint32(ch.VPI), Vci: uint32(ch.VCI)})
	}
	return op, nil
}

// parseVC reads VPI.VCI or VPI/VCI.
func parseVC(s string) (v capfile.VC, ok bool) {
	p, c, ok := strings.Cut(strings.Replace(s, "/", ".", 1), ".")
	vpi, err1 := strconv.ParseUint(p, 10, 8)
	vci, err2 := strconv.ParseUint(c, 10, 16)
	return capfile.VC{VPI: uint16(vpi), VCI: uint16(vci)}, ok && err1 == nil && err2 == nil
}

const (
	// captureBuffer is how many messages wait for a slow file. What does not fit waits in the daemon,
	// which loses and counts what is too much.
	captureBuffer = 64
	// captureStop bounds how long the end of a capture may take.
	captureStop = 5 * time.Second
	// captureLine is how often the count is shown.
	captureLine = time.Second
	// captureMode is that of the file: the payload of others is in it.
	captureMode = 0o600
)

// capture writes until it is told to stop or the daemon ends.
func (a *app) capture(ctx context.Context, o *captureOptions) error {
	op, err := o.request()
	if err != nil {
		return err
	}
	if o.file == "-" && a.outTerminal() {
		return fmt.Errorf("capture: a terminal shows no pcapng; write to a file or pipe: %w", errUsage)
	}
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	rec := newRecorder(o.count)
	defer rec.abandon()
	// The file is opened once the daemon has agreed.
	if err := c.Capture(ctx, op, client.CaptureSink{Packets: rec.packets, State: rec.state}); err != nil {
		return err
	}
	out, closeOut, err := a.openOutput(o.file)
	if err != nil {
		return err
	}
	go rec.runWriter(out, "cmctl "+buildVersion(), o.snaplen)
	err = a.record(ctx, c, rec, o.duration)
	err = errors.Join(err, closeOut())
	a.captureEnd(rec)
	if err != nil {
		return fmt.Errorf("capture: %w", err)
	}
	return nil
}

// outTerminal reports whether standard output is a terminal.
func (a *app) outTerminal() bool {
	f, ok := a.out.(*os.File)
	return ok && isTerminal(f)
}

// openOutput opens the file.
func (a *app) openOutput(name string) (io.Writer, func() error, error) {
	if name == "-" {
		return a.out, func() error { return nil }, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, captureMode)
	if err != nil {
		return nil, nil, fmt.Errorf("capture: %w", err)
	}
	return f, f.Close, nil
}

// record waits for the end of a capture and brings it about in order.
func (a *app) record(ctx context.Context, c *client.Conn, rec *recorder, duration time.Duration) error {
	stop := a.captureCount(rec)
	defer stop()
	if duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, duration)
		defer cancel()
	}
	var err error
	select {
	case <-ctx.Done():
	case <-rec.full:
	case err = <-rec.written:
		return err
	case <-c.Done():
		err = c.Err()
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), captureStop)
	defer cancel()
	if err == nil {
		err = c.StopCapture(limit)
	}
	if err != nil {
		rec.abandon() // what is under way is not waited for
		_ = c.Close()
	}
	close(rec.events) // nobody puts anything any more
	select {
	case e := <-rec.written:
		return errors.Join(err, e)
	case <-limit.Done():
		return errors.Join(err, errors.New("the output takes nothing more"))
	}
}

// captureCount shows how far a capture is, at a terminal.
func (a *app) captureCount(rec *recorder) (stop func()) {
	if !a.terminal {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(cmp.Or(a.patience, captureLine))
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, _ = fmt.Fprintf(a.err, "\r%d packets, %d dropped ", rec.count.Load(), rec.dropped.Load())
			case <-done:
				_, _ = fmt.Fprint(a.err, "\r")
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// captureEnd tells what was captured and what was not.
func (a *app) captureEnd(rec *recorder) {
	_, _ = fmt.Fprintf(a.err, "%d packets captured, %d dropped\n", rec.count.Load(), rec.dropped.Load())
}

// recorder takes what the daemon sends and writes it.
type recorder struct {
	events chan captureEvent
	quit   chan struct{} // closed by abandon
	gone   atomic.Bool

	most    uint64
	count   atomic.Uint64 // packets written
	dropped atomic.Uint64
	full    chan struct{} // closed when as many were written as are wanted
	written chan error    // the outcome of the writer
}

// captureEvent is one message of the daemon.
type captureEvent struct {
	packets []*cmdpb.CapturedPacket
	state   *cmdpb.CaptureState
}

func newRecorder(most uint64) *recorder {
	return &recorder{
		events: make(chan captureEvent, captureBuffer), quit: make(chan struct{}), most: most,
		full: make(chan struct{}), written: make(chan error, 1),
	}
}

// packets and state are the sink of the capture.
func (r *recorder) packets(p []*cmdpb.CapturedPacket) { r.put(captureEvent{packets: p}) }
func (r *recorder) state(s *cmdpb.CaptureState)       { r.put(captureEvent{state: s}) }

func (r *recorder) put(e captureEvent) {
	select {
	case r.events <- e:
	case <-r.quit:
	}
}

// abandon lets what waits for the writer go.
func (r *recorder) abandon() {
	if !r.gone.Swap(true) {
		close(r.quit)
	}
}

// runWriter writes until there is nothing more or the output takes no more.
func (r *recorder) runWriter(out io.Writer, version string, snap uint32) {
	err := r.write(out, version, snap)
	if err != nil {
		r.abandon()
	}
	r.written <- err
}

// write is runWriter's work. The links are known by the first states; the last ones have their final
// counts.
func (r *recorder) write(out io.Writer, version string, snap uint32) error {
	var w *capfile.Writer
	links := make(map[uint32]*cmdpb.CaptureLink)
	var order []*cmdpb.CaptureLink
	begin := func() (err error) {
		if w == nil {
			w, err = capfile.NewWriter(out, order, version, snap)
		}
		return err
	}
	for e := range r.events {
		for _, l := range e.state.GetLinks() {
			if links[l.GetId()] == nil {
				order = append(order, l)
			}
			links[l.GetId()] = l
		}
		r.dropped.Store(sumDropped(links))
		if len(order) == 0 || e.state.GetMore() {
			continue
		}
		if err := begin(); err != nil {
			return err
		}
		if err := r.writePackets(w, e.packets); err != nil {
			return err
		}
	}
	if w == nil {
		return errors.New("the daemon has named no link")
	}
	for _, l := range order {
		if err := w.Stats(links[l.GetId()]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// writePackets writes packets up to the number that is wanted.
func (r *recorder) writePackets(w *capfile.Writer, packets []*cmdpb.CapturedPacket) error {
	for _, p := range packets {
		if r.most > 0 && r.count.Load() >= r.most {
			return nil
		}
		if err := w.Write(p); err != nil {
			return err
		}
		if r.count.Add(1) == cmp.Or(r.most, ^uint64(0)) {
			close(r.full)
		}
	}
	return w.Flush()
}

func sumDropped(links map[uint32]*cmdpb.CaptureLink) (n uint64) {
	for _, l := range links {
		n += l.GetDropped()
	}
	return n
}

// openChannels are the channels of calls, for --vc.
func (a *app) openChannels(ctx context.Context, c *client.Conn) ([]string, error) {
	calls, err := c.Calls(ctx)
	var found []string
	for _, k := range calls {
		if k.GetVci() != 0 {
			found = append(found, fmt.Sprintf("%d.%d\t%s, %s", k.GetVpi(), k.GetVci(), k.GetLink(), k.GetCalled()))
		}
	}
	return found, err
}
