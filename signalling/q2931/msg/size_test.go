package msg_test

import (
	"reflect"
	"testing"

	"callmanager/signalling/q2931/msg"
)

// TestSize: every element of a message counts, once for each copy; what Append writes in another way does not.
func TestSize(t *testing.T) {
	apart := map[string]bool{"Repeat": true, "Unknown": true, "Order": true}
	elements := 0
	for f := range reflect.TypeFor[msg.Message]().Fields() {
		m := &msg.Message{}
		v := reflect.ValueOf(m).Elem().FieldByIndex(f.Index)
		want := 0
		switch f.Type.Kind() { //nolint:exhaustive // the header is of other kinds
		case reflect.Pointer:
			v.Set(reflect.New(f.Type.Elem()))
			want = 1
		case reflect.Slice:
			v.Set(reflect.MakeSlice(f.Type, 2, 2))
			want = 2
		}
		if apart[f.Name] {
			want = 0
		}
		if got := msg.Size(m); got != want {
			t.Errorf("a message with %s has %d elements, want %d", f.Name, got, want)
		}
		elements += min(want, 1)
	}
	if elements != 38 {
		t.Errorf("%d fields hold elements", elements)
	}
}
