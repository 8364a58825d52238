package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// maxSessions bounds the calls that one listen serves at a time.
const maxSessions = 1024

// listenFlags are the flags of listen beyond those of every transfer.
type listenFlags struct {
	transferFlags
	count   int
	address string
}

// listenCommand accepts calls.
func listenCommand(a *app) *cobra.Command {
	var t listenFlags
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Accept calls; what comes is printed, standard input is sent",
		Long: `Register a SAP and accept calls. What comes over a VC is printed; standard input is sent
when one call is served (--count 1, the default), and its end drains the VC and releases the
call. An input that is empty from the start ends nothing: then the caller releases, as it does
with --echo and with other counts.`,
		Args:              args(cobra.NoArgs),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listen(cmd.Context(), &t)
		},
	}
	t.add(cmd)
	f := cmd.Flags()
	f.IntVar(&t.count, "count", 1, "serve so many calls, 0 = for ever")
	f.StringVar(&t.sel, "sel", "", "take calls with this selector, one or two hexadecimal `digits` (default: any)")
	f.StringVar(&t.pcr, "pcr", "", "take no call at more than this `rate`, such as 200Mbit/s (default: any)")
	f.StringVar(&t.address, "address", "", "take calls to this `address` of the daemon only (default: any)")
	return cmd
}

// sap returns the SAP that the flags ask for.
func (t *listenFlags) sap() (client.SAP, error) {
	s := client.SAP{Address: t.address, ReceiveRing: patientRing}
	if t.count < 0 {
		return s, fmt.Errorf("--count %d: want 0 or more: %w", t.count, errUsage)
	}
	if _, err := vc.ParseAddr(t.address); t.address != "" && err != nil {
		return s, fmt.Errorf("--address: %w: %w", err, errUsage)
	}
	var err error
	s.Selector, err = t.selector()
	return s, err
}

// rates returns the rates at which a call is taken: those offered, or what --pcr allows of them if the
// caller accepts that. ok is false if it does not.
func (t *listenFlags) rates(p *cmdpb.CallParameters, limit *cmdpb.Contract) (forward, backward uint32, ok bool) {
	c, low, most := p.GetContract(), p.GetMinimum(), limit.GetForward().GetPcr()
	forward, backward = c.GetForward().GetPcr(), c.GetBackward().GetPcr()
	if t.pcr == "" || c.GetCategory() == cmdpb.Category_UBR {
		return forward, backward, true
	}
	lower := func(rate, least uint32) uint32 {
		if rate > most && least != 0 {
			return max(most, least)
		}
		return rate
	}
	forward, backward = lower(forward, low.GetForward()), lower(backward, low.GetBackward())
	return forward, backward, max(forward, backward) <= most
}

// listen registers the SAP and serves calls, several at a time unless there is but one.
func (a *app) listen(ctx context.Context, t *listenFlags) error {
	sap, err := t.sap()
	if err != nil {
		return err
	}
	limit, err := t.contract()
	if err != nil {
		return err
	}
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	l, err := c.Listen(ctx, sap)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil // told to stop
	case err != nil:
		return fmt.Errorf("listen: %w", err)
	}
	defer func() { _ = l.Close() }()
	if t.verbose {
		_, _ = fmt.Fprintf(a.err, "cmctl: listening on %v\n", c.Addresses())
	}
	called := a.slow(fmt.Sprintf("no call has come yet to %v", c.Addresses()))
	defer called()
	return a.serve(ctx, l, t, limit, called)
}

// serve accepts the calls within the limit and waits for their ends; called is called when one has
// come. Being told to stop is no failure.
func (a *app) serve(ctx context.Context, l *client.Listener, t *listenFlags, limit *cmdpb.Contract, called func() bool) error {
	accepting, enough := context.WithCancel(ctx)
	defer enough()
	s := &service{app: a, flags: t, limit: limit, out: &lockedWriter{w: a.out}, err: &lockedWriter{w: a.err}, left: t.count, enough: enough}
	var sessions sync.WaitGroup
	var err error
	for err == nil {
		var o *client.Offer
		if o, err = l.Accept(accepting); err != nil {
			break
		}
		called()
		var cause client.Cause
		if _, _, ok := t.rates(o.Parameters(), limit); !ok {
			cause.Value = causeCellRate
		} else if !s.take() {
			cause.Value = causeUserBusy
		}
		if cause.Value != 0 {
			err = o.Reject(ctx, cause)
			continue
		}
		sessions.Go(func() { s.call(ctx, o) })
	}
	sessions.Wait()
	if err != nil && accepting.Err() == nil {
		return fmt.Errorf("listen: %w", err)
	}
	return s.outcome()
}

// The causes by which callers are refused: while as many calls are served as was asked for, and for
// a rate above the limit (Q.2931 clause 4.5.15).
const (
	causeUserBusy = 17
	causeCellRate = 37
)

// service is one listen at work.
type service struct {
	*app
	flags    *listenFlags
	limit    *cmdpb.Contract // what --pcr says
	out, err io.Writer
	enough   context.CancelFunc // called when all calls have been served

	mu      sync.Mutex
	left    int // calls to serve that nobody has taken; counts down for ever with --count 0
	running int // calls that are being served
	failed  int
	first   error
}

// take reports whether a call may be served, and notes that it is.
func (s *service) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running >= maxSessions || s.flags.count != 0 && s.left == 0 {
		return false
	}
	s.left--
	s.running++
	return true
}

// call serves one call. One that does not come about does not count.
func (s *service) call(ctx context.Context, o *client.Offer) {
	from := o.Parameters().GetCalling()
	v, err := o.AcceptWith(ctx, s.flags.answer(o.Parameters(), s.limit))
	connected := err == nil
	if connected {
		err = s.join(ctx, v, from)
	} else {
		err = callError(err)
	}
	if ctx.Err() != nil && !connected {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("call from %s: %w", from, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if !connected {
		s.left++
	}
	// The one call of a listen tells of itself at the end.
	if err != nil && (!connected || s.flags.count != 1) {
		_, _ = fmt.Fprintf(s.err, "cmctl: listen: %v\n", err)
	}
	if err != nil && connected {
		s.failed++
		s.first = cmp.Or(s.first, err)
	}
	if s.flags.count != 0 && s.left == 0 && s.running == 0 {
		s.enough()
	}
}

// join joins a call to the streams.
func (s *service) join(ctx context.Context, v *client.VC, from string) error {
	s.flags.announce(s.err, v, from)
	c := &session{sessionOptions: s.flags.options(), vc: v, out: s.out, slow: s.slow}
	c.wait = true
	if s.flags.count == 1 && !s.flags.echo {
		c.in = s.in
	}
	return c.run(ctx)
}

// outcome judges all calls. Those of a listen without end have told for themselves.
func (s *service) outcome() error {
	switch {
	case s.failed == 0 || s.flags.count == 0:
		return nil
	case s.flags.count == 1:
		return fmt.Errorf("listen: %w", s.first)
	}
	return fmt.Errorf("listen: %d of the calls did not end with normal clearing", s.failed)
}

// answer lowers the maximum SDU sizes of an offer to --max-sdu, and its rates to --pcr where the caller
// accepts that; nil takes the offer as it is.
func (t *listenFlags) answer(p *cmdpb.CallParameters, limit *cmdpb.Contract) *cmdpb.Contract {
	size := uint32(t.maxSDU)
	if size == 0 {
		size = vc.MaxSDULen
	}
	forward, backward, _ := t.rates(p, limit)
	lower := func(f *cmdpb.Flow, pcr uint32) *cmdpb.Flow {
		return &cmdpb.Flow{
			Pcr: pcr, Scr: f.GetScr(), Mbs: f.GetMbs(), Mdcr: f.GetMdcr(), MaxSdu: min(f.GetMaxSdu(), size),
			MinPoliced: min(f.GetMinPoliced(), size), Tagging: f.GetTagging(), FrameDiscard: f.GetFrameDiscard(),
		}
	}
	offered := p.GetContract()
	taken := &cmdpb.Contract{
		Category: offered.GetCategory(), Forward: lower(offered.GetForward(), forward), Backward: lower(offered.GetBackward(), backward),
	}
	if proto.Equal(taken, offered) {
		return nil
	}
	return taken
}

// lockedWriter lets several calls print whole SDUs.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
