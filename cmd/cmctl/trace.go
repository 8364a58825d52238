package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
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
}

// traceCommand follows the signalling.
func traceCommand(a *app) *cobra.Command {
	var link string
	var all bool
	cmd := a.jsonFlag(&cobra.Command{
		Use:   "trace",
		Short: "Follow the signalling as a ladder, or with --json as a line of JSON an SDU (root or group cmd-admin)",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.trace(cmd.Context(), link, all)
		},
	})
	cmd.Flags().StringVar(&link, "link", "", "follow this link only, by `name`")
	a.completeFlag(cmd, "link", a.linkNames)
	cmd.Flags().BoolVar(&all, "all", false, "show the PDUs of SSCOP that carry no message, too")
	return cmd
}

// traceBuffer is how many events wait for a slow output. What does not fit waits in the daemon, which
// loses and counts what is too much.
const traceBuffer = 256

// trace prints until it is told to stop, the daemon ends or nobody reads.
func (a *app) trace(ctx context.Context, link string, all bool) error {
	c, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close, which waits for the function of the trace
	events, printed := make(chan *cmdpb.TraceEvent, traceBuffer), make(chan error, 1)
	go func() { printed <- a.runTracePrinter(events, all) }()
	err = c.Trace(ctx, link, func(e *cmdpb.TraceEvent) {
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

// runTracePrinter prints events until there are no more or nobody reads.
func (a *app) runTracePrinter(events <-chan *cmdpb.TraceEvent, all bool) error {
	show := (&ladder{out: a.out, local: "here", remote: "peer", all: all, withLink: true}).add
	if a.json {
		lines := json.NewEncoder(a.out)
		show = func(e *cmdpb.TraceEvent) error { return lines.Encode(newTraceRow(e)) }
	}
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

// ladder prints signalling between two hosts, one line a PDU.
type ladder struct {
	out           io.Writer
	local, remote string
	all           bool // also PDUs without a message
	withLink      bool // name the link of each
}

// add prints one event.
func (l *ladder) add(e *cmdpb.TraceEvent) error {
	var lost error
	if e.GetLost() > 0 {
		_, lost = fmt.Fprintf(l.out, "%15s  (%d events lost)\n", "", e.GetLost())
	}
	if e.GetMessage() == "" && !l.all {
		return lost
	}
	arrow := "<---"
	if e.GetSent() {
		arrow = "--->"
	}
	link := ""
	if l.withLink {
		link = e.GetLink() + "  "
	}
	at := time.Unix(0, int64(e.GetTimeNs()))
	_, err := fmt.Fprintf(l.out, "%s  %s%s %s %s  %s\n", at.Format("15:04:05.000000"), link, l.local, arrow, l.remote,
		strings.Map(visible, e.GetSummary()))
	return errors.Join(lost, err)
}
