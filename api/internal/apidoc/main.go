package main

import (
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "apidoc:", err)
		os.Exit(1) //nolint:forbidigo // the exit code of a program
	}
}

// run writes the reference for the descriptors in a file, which protoc has written with --include_source_info.
func run(args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want the file of protoc --include_source_info --descriptor_set_out", len(args))
	}
	b, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	text, err := reference(b)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// reference returns the reference for a set of descriptors.
func reference(descriptors []byte) (string, error) {
	set := new(descriptorpb.FileDescriptorSet)
	if err := proto.Unmarshal(descriptors, set); err != nil {
		return "", fmt.Errorf("the descriptors do not parse: %w", err)
	}
	s, err := parse(set)
	if err != nil {
		return "", err
	}
	return render(s)
}
