// One test file, because loading aws-cdk-lib and synthesising both environments takes longer than the tests.
import '../test/stacks';
import '../test/policies';
import '../test/register-tasks';
import '../test/iam';
import '../test/lifecycle';
