package client_test

import (
	"testing"

	"callmanager/client"
)

// The reason is the cause and what the daemon adds, the words of the cause only once.
func TestReason(t *testing.T) {
	cause := client.Cause{Value: 41, Text: "temporary failure"}
	for _, tc := range []struct {
		of   client.Error
		want string
	}{
		{client.Error{Op: "MakeCall", Cause: cause}, "temporary failure (cause 41)"},
		{client.Error{Cause: cause, Detail: "because"}, "temporary failure (cause 41): because"},
		{client.Error{Cause: cause, Detail: cause.Text}, "temporary failure (cause 41)"},
		{client.Error{Op: "MakeCall", Detail: "because"}, "because"},
	} {
		if got := tc.of.Reason(); got != tc.want {
			t.Errorf("%+v is %q, want %q", tc.of, got, tc.want)
		}
	}
}
