package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/cmd/cmctl/ladder"
	"callmanager/signalling/dissect"
)

// traceRow is one SDU of a control VC for JSON.
type traceRow struct {
	Time          string `json:"time"` // RFC 3339 with nanoseconds
	Link          string `json:"link"`
	Sent          bool   `json:"sent"`
	Message       string `json:"message"`
	CallReference uint32 `json:"call_reference"`
	Summary       string `json:"summary"`
	SDU           string `json:"sdu"` // hexadecimal
	Lost          uint64 `json:"lost"`
	// Decoded is every field and element of the SDU, as decode prints it.
	Decoded *dissect.SDU `json:"decoded"`
}

// traceOptions are the flags of trace.
type traceOptions struct {
	link, call string
	all        bool
}

// traceCommand follows the signalling.
func traceCommand(a *app) *cobra.Command {
	var o traceOptions
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "trace",
		Short: "Follow the signalling as a ladder, or with --json as a line of JSON an SDU (root or group cmd-admin)",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.trace(cmd.Context(), o)
		},
	})
	cmd.Flags().StringVar(&o.link, "link", "", "follow this link only, by `name`")
	a.completeFlag(cmd, "link", a.linkNames)
	cmd.Flags().StringVar(&o.call, "call", "", "follow this call only, by its `reference`: 13, bob:13 on link bob, or bob:13/ours (or /theirs) as calls shows it")
	a.completeFlag(cmd, "call", a.callReferences)
	cmd.Flags().BoolVar(&o.all, "all", false, "show the PDUs of SSCOP that carry no message, too")
	return cmd
}

// traceBuffer is how many events wait for a slow output. What does not fit waits in the daemon, which
// loses and counts what is too much.
const traceBuffer = 256

// trace prints until it is told to stop, the daemon ends or nobody reads.
func (a *app) trace(ctx context.Context, o traceOptions) error {
	call, err := ladder.ParseFilter(o.call)
	if err != nil {
		return fmt.Errorf("--call %w: %w", err, errUsage)
	}
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	show, err := a.tracePrinter(ctx, c, o, call)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, which waits for the function of the trace
	events, printed := make(chan *cmdpb.TraceEvent, traceBuffer), make(chan error, 1)
	go func() { printed <- runTracePrinter(events, show) }()
	err = c.Trace(ctx, cmp.Or(o.link, call.Link()), func(e *cmdpb.TraceEvent) {
		select {
		case events <- e:
		case <-ctx.Done():
		}
	})
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-printed:
		return fmt.Errorf("trace: %w", err)
	case <-c.Done():
	}
	close(events) // nothing comes any more
	select {
	case <-ctx.Done():
	case err = <-printed:
	}
	return errors.Join(c.Err(), err)
}

// tracePrinter returns what prints an event.
func (a *app) tracePrinter(ctx context.Context, c *client.Conn, o traceOptions, call ladder.Filter) (func(*cmdpb.TraceEvent) error, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	links, err := c.Links(ctx)
	if err != nil {
		return nil, err
	}
	if a.json {
		return a.traceLines(links, call), nil
	}
	l := &ladder.Ladder{Out: a.out, Local: a.hostName(), All: o.all, Colour: a.colour, Call: call}
	for _, k := range links {
		if name := k.GetName(); o.link == "" || o.link == name {
			l.Width = max(l.Width, utf8.RuneCountInString(name))
		}
	}
	return l.Add, nil
}

// traceLines prints a line of JSON an event. What a message must hold is judged by the side and the
// profile of its link.
func (a *app) traceLines(links []*cmdpb.Link, call ladder.Filter) func(*cmdpb.TraceEvent) error {
	lines := json.NewEncoder(a.out)
	talks := make(map[string]*dissect.Conversation)
	for _, k := range links {
		opt := dissect.Options{Form: dissect.PDUForm, Profile: profiles[k.GetProfile()]}
		if side := dissect.Side(k.GetRole()); side == dissect.UserSide || side == dissect.NetworkSide {
			opt.From = side
		}
		talks[k.GetName()] = dissect.New(opt)
	}
	return func(e *cmdpb.TraceEvent) error {
		talk := talks[e.GetLink()]
		if talk == nil {
			talk = dissect.New(dissect.Options{Form: dissect.PDUForm})
			talks[e.GetLink()] = talk
		}
		from := dissect.There
		if e.GetSent() {
			from = dissect.Here
		}
		row := newTraceRow(e)
		row.Decoded = talk.Next(e.GetSdu(), from)
		if line := ladder.LineOf(e); !call.Matches(e, &line) {
			return nil
		}
		return lines.Encode(row)
	}
}

// hostName is how a ladder names this end: the host of a lab, or this machine.
func (a *app) hostName() string {
	if a.host != "" {
		return a.host
	}
	name, err := os.Hostname()
	if err != nil {
		return "here"
	}
	name, _, _ = strings.Cut(name, ".")
	return name
}

// runTracePrinter prints events until there are no more or nobody reads.
func runTracePrinter(events <-chan *cmdpb.TraceEvent, show func(*cmdpb.TraceEvent) error) error {
	for e := range events {
		if err := show(e); err != nil {
			return err
		}
	}
	return nil
}

// newTraceRow converts an event.
func newTraceRow(e *cmdpb.TraceEvent) traceRow {
	return traceRow{
		Time: time.Unix(0, int64(e.GetTimeNs())).UTC().Format(time.RFC3339Nano), Link: e.GetLink(), Sent: e.GetSent(),
		Message: e.GetMessage(), CallReference: e.GetCallReference(), Summary: e.GetSummary(),
		SDU: hex.EncodeToString(e.GetSdu()), Lost: e.GetLost(),
	}
}
