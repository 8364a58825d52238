package client

import (
	"errors"
	"fmt"
	"net"

	"callmanager/api/cmdpb"
)

// ErrDisconnected says that the connection to the daemon is gone, and with it
// the address family and everything in it.
var ErrDisconnected = errors.New("client: disconnected from the daemon")

// ErrReleased says that nothing can be sent because the call has ended; [VC.Err]
// says why.
var ErrReleased = errors.New("client: the call has been released")

// ErrTooLarge says that an SDU is larger than the call's contract allows, or
// empty.
var ErrTooLarge = errors.New("client: SDU size is outside the call's contract")

// ErrListenerClosed says that the listener has been closed. It is a
// [net.ErrClosed].
var ErrListenerClosed = fmt.Errorf("client: listener closed: %w", net.ErrClosed)

// ErrAnswered says that an offer has been accepted or rejected before.
var ErrAnswered = errors.New("client: the offer has been answered")

// Cause is why a call was refused or released (Q.850, Q.2931 clause 4.5.7).
type Cause struct {
	// Value is the cause number, 1 to 127; zero means that none was given.
	Value uint8
	// Location tells who generated it.
	Location uint8
	// Diagnostic are the octets that qualify the cause, if any.
	Diagnostic []byte
	// Text is the cause in words.
	Text string
}

// NormalClearing is the cause of an ordinary release (16).
const NormalClearing = 16

// Normal reports whether the cause is that of an ordinary release, normal call clearing
// (16). A client that died, or whose call somebody else closed, is released with
// another, such as normal, unspecified (31).
func (c Cause) Normal() bool { return c.Value == NormalClearing }

// String returns the cause in words with its number.
func (c Cause) String() string {
	if c.Value == 0 {
		return "no cause given"
	}
	return fmt.Sprintf("%s (cause %d)", c.Text, c.Value)
}

// Error is the outcome of an operation that did not succeed.
type Error struct {
	// Op is the operation, such as "MakeCall".
	Op string
	// Status is the model's status.
	Status cmdpb.Status
	// Cause is that of the network; its Value is zero where none applies.
	Cause Cause
	// Detail says in words what was wrong and what to do.
	Detail string
	// UserUser is the user-user information that came with the refusal or the release of a call: the
	// protocol discriminator first; nil for none.
	UserUser []byte

	err error // what Unwrap returns
}

// Error returns the operation, the status, the cause and the detail.
func (e *Error) Error() string {
	s := fmt.Sprintf("client: %s: %s", e.Op, e.Status)
	if e.Cause.Value != 0 {
		s += ": " + e.Cause.String()
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Reason gives the cause in words with what the daemon adds, without the operation and the status.
func (e *Error) Reason() string {
	switch {
	case e.Cause.Value == 0:
		return e.Detail
	case e.Detail == "", e.Detail == e.Cause.Text:
		return e.Cause.String()
	}
	return e.Cause.String() + ": " + e.Detail
}

// Unwrap returns an error that wraps [ErrDisconnected] if the call has ended with the
// connection to the daemon, else nil.
func (e *Error) Unwrap() error { return e.err }

// Is reports whether target is an *Error with the same status, so that
// errors.Is(err, &client.Error{Status: s}) asks for a status.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Status == e.Status && (t.Op == "" || t.Op == e.Op)
}

// causeOf converts the cause of a message; nil gives the zero Cause.
func causeOf(c *cmdpb.Cause) Cause {
	return Cause{
		Value:      uint8(c.GetValue()),
		Location:   uint8(c.GetLocation()),
		Diagnostic: c.GetDiagnostic(),
		Text:       c.GetText(),
	}
}

// proto converts a cause for a request; the zero Cause gives nil, which lets the
// daemon choose.
func (c Cause) proto() *cmdpb.Cause {
	if c.Value == 0 {
		return nil
	}
	return &cmdpb.Cause{Value: uint32(c.Value), Location: uint32(c.Location), Diagnostic: c.Diagnostic}
}

// withUserUser adds what has come with a refusal.
func withUserUser(err error, userUser []byte) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.UserUser = userUser
	}
	return err
}

// statusError returns nil for SUCCESS, and otherwise the Error.
func statusError(op string, s cmdpb.Status, c *cmdpb.Cause, detail string) error {
	if s == cmdpb.Status_SUCCESS {
		return nil
	}
	return &Error{Op: op, Status: s, Cause: causeOf(c), Detail: detail}
}
