// Command apidoc writes the reference of the control protocol, api/README.md, from its schema: "make generate"
// runs it.
//
//	cmd.proto --protoc--> descriptors with comments --+
//	invariants.go, readme.tmpl ------------------------+--> api/README.md
//	cm's table of causes, the limits of api and cm ----+
//
// It reads the convention that the head of cmd.proto describes, and fails when an operation or an indication
// lacks one of its lines, when a completion is none of the schema, when an invariant is neither bound nor
// said to have no meaning, or when a status has no words.
//
// Concurrency: it is one goroutine.
package main
