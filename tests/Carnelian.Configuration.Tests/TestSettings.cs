// Every test gets fresh options.
[assembly: FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
