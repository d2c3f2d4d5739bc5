"""What `rempart doctor` looks at: one module for each side of a deployment, each finding with what to do."""
