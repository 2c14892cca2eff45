// Command node-sdk writes the Node.js SDK of a package: what "pulumi package gen-sdk" does where the
// language host is a current one.
//
//	node-sdk schema.json folder
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	var spec schema.PackageSpec
	text, err := os.ReadFile(os.Args[1])
	check(err)
	check(json.Unmarshal(text, &spec))
	nothing := schema.NewNullLoader()
	pkg, problems, err := schema.BindSpec(spec, nothing, schema.ValidationOptions{})
	check(err)
	if problems.HasErrors() {
		log.Fatal(problems)
	}
	files, err := nodejs.GeneratePackage("pulumi", pkg, nil, nil, true, nil)
	check(err)
	for name, content := range files {
		path := filepath.Join(os.Args[2], name)
		check(os.MkdirAll(filepath.Dir(path), 0o755))
		check(os.WriteFile(path, content, 0o644))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
