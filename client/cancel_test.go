package client_test

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"testing"

	"callmanager/client"
)

// A VC is what programs that know nothing of ATM read and write.
var _ io.ReadWriteCloser = (*client.VC)(nil)

// contextual are the methods of a type that take a context, but for those that do not wait here.
func contextual(v reflect.Value, but ...string) (names []string) {
	ctx := reflect.TypeFor[context.Context]()
	for i := range v.NumMethod() {
		m := v.Type().Method(i)
		if f := v.Method(i).Type(); f.NumIn() > 0 && f.In(0) == ctx && !slices.Contains(but, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

// callZero calls a method with a context and arguments that say nothing, and returns its error.
func callZero(ctx context.Context, method reflect.Value) error {
	args := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < method.Type().NumIn(); i++ {
		in := method.Type().In(i)
		arg := reflect.New(in).Elem()
		switch {
		case in.Kind() == reflect.String:
			arg.SetString("bob")
		case in == reflect.TypeFor[[]client.SDU]():
			arg.Set(reflect.ValueOf([]client.SDU{{Payload: make([]byte, 1)}}))
		}
		args = append(args, arg)
	}
	out := method.Call(args)
	err, _ := reflect.TypeAssert[error](out[len(out)-1])
	return err
}

// TestEveryOperationCanBeGivenUp has every method that takes a context wait for a daemon that never answers, and ends
// the context: each returns, with its cause.
func TestEveryOperationCanBeGivenUp(t *testing.T) {
	for name, tc := range map[string]struct {
		minor uint32 // of the daemon
		of    func(d *fakeDaemon, c *client.Conn) any
		but   []string
	}{
		// There is no VC 0, and the library knows.
		"Conn":     {3, func(_ *fakeDaemon, c *client.Conn) any { return c }, []string{"VCStatistics"}},
		"Listener": {0, func(d *fakeDaemon, c *client.Conn) any { return d.listening(c) }, nil},
		// A ring with room takes an SDU whatever the context is.
		"VC": {0, func(d *fakeDaemon, c *client.Conn) any { v, _ := d.calling(c); return v }, []string{"Send", "SendBatch"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, c := startFakeOf(t, tc.minor)
			v := reflect.ValueOf(tc.of(d, c))
			methods := contextual(v, tc.but...)
			if len(methods) == 0 {
				t.Fatal("there are none")
			}
			for _, method := range methods {
				ctx, cancel := cancelled(t)
				r := later(func() (struct{}, error) { return struct{}{}, callZero(ctx, v.MethodByName(method)) })
				cancel()
				if got := <-r; !errors.Is(got.err, errEnough) {
					t.Errorf("%s returns %v", method, got.err)
				}
			}
			_ = d.sock.Close()
			<-c.Done()
			if v, ok := reflect.TypeAssert[*client.VC](v); ok {
				_ = v.Close()
			}
			_ = c.Close()
		})
	}
}
