package status_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/status"
)

var update = flag.Bool("update", false, "write STATUS.md anew")

// all are the statuses.
func all() (ss []status.Status) {
	for s := status.Success; s.Valid(); s++ {
		ss = append(ss, s)
	}
	return ss
}

// TestNames proves the names of the statuses.
func TestNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range all() {
		if s.String() == "" || seen[s.String()] {
			t.Errorf("status %d is %q", s, s)
		}
		seen[s.String()] = true
	}
	if len(seen) != 22 || status.Status(22).String() != "Status(22)" || status.VersionMismatch.String() != "VERSION_MISMATCH" {
		t.Errorf("%d statuses", len(seen))
	}
}

// TestModel holds the pairs that the model's names quote (its section 6).
func TestModel(t *testing.T) {
	for _, row := range []struct {
		cause ie.CauseValue
		want  status.Status
	}{
		{27, status.DestOutOfOrder},
		{35, status.VCNotAvailable},
		{45, status.VCNotAvailable},
		{37, status.CellRateNotAvailable},
		{49, status.IncompatibleQoS},
		{93, status.AALParamsUnsupported},
		{3, status.NoRouteToDestination},
		{16, status.Success},
		{1, status.InvalidAddress},
		{17, status.NotAccepted},
		{18, status.Failure},
		{21, status.NotAccepted},
		{47, status.Resources},
		{88, status.InvalidSAP},
		{100, status.InvalidData},
		{0, status.Failure},
		{127, status.Failure},
	} {
		if got := status.Of(row.cause); got != row.want {
			t.Errorf("cause %d is %s, want %s", row.cause, got, row.want)
		}
	}
}

// TestCauses: every cause has one status, which is never PENDING, and SUCCESS for
// normal call clearing alone; a call that has not come about never succeeds.
func TestCauses(t *testing.T) {
	for c := range ie.CauseValue(128) {
		s := status.Of(c)
		if s == status.Pending || !s.Valid() || (s == status.Success) != (c == ie.CauseNormalClearing) {
			t.Errorf("cause %d is %s", c, s)
		}
		f := status.OfFailure(c)
		if f == status.Success || s != status.Success && f != s {
			t.Errorf("the failure with cause %d is %s", c, f)
		}
	}
}

// TestRefusals: each status that can refuse an offer has a cause that can be sent, and
// the caller's status for it is that of the refusal wherever a cause quotes it.
func TestRefusals(t *testing.T) {
	// What a cause cannot say in the model's words reaches the caller as the nearest that it can.
	heard := map[status.Status]status.Status{ //nolint:exhaustive // the others are heard as they are
		status.Failure: status.NotAccepted, status.NotPermitted: status.NotAccepted, status.CallActive: status.NotAccepted,
		status.SAPInUse: status.NotAccepted, status.Closing: status.DestOutOfOrder, status.VCNotActivated: status.Failure,
		status.RequestAborted: status.Failure, status.VersionMismatch: status.InvalidSAP,
	}
	for _, s := range all() {
		c := status.CauseOf(s)
		if c == 0 || c > ie.CauseInterworking {
			t.Errorf("%s is refused with cause %d", s, c)
		}
		want, translated := heard[s]
		if !translated {
			want = s
		}
		if s == status.Success || s == status.Pending {
			want = status.NotAccepted // they refuse nothing: call rejected
		}
		if got := status.OfFailure(c); got != want {
			t.Errorf("an offer refused with %s fails with %s (cause %d), want %s", s, got, c, want)
		}
	}
}

// TestTable proves that STATUS.md is the print of the table, and that no row is hidden by
// another one.
func TestTable(t *testing.T) {
	for _, text := range status.Hidden() {
		t.Error(text)
	}
	want := status.Markdown()
	if *update {
		if err := os.WriteFile("STATUS.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("STATUS.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("STATUS.md is stale, run go test -run TestTable -update (-want +file):\n%s", diff)
	}
}
