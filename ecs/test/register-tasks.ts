import { ECSClient, RegisterTaskDefinitionCommand, type RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { connectMoto } from '../../test/src/support/moto-server';
import { describeWith } from '../../test/src/support/optional-tools';
import { resolve, resourcesOf, synthesise } from './templates';

/** Converts CloudFormation's capitalised names to the API's; names and values of variables and labels stay unchanged. */
function toApi(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toApi);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name[0]!.toLowerCase() + name.slice(1),
      name === 'Options' ? inner : toApi(inner),
    ]),
  );
}

describeWith('moto_server', 'an endpoint of Amazon ECS', () => {
  let client: ECSClient;

  beforeAll(async () => {
    const moto = await connectMoto();
    client = new ECSClient({
      endpoint: moto.url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  });

  afterAll(() => client?.destroy());

  test.each(['minimal', 'production'])('registers both task definitions of %s', async (environment) => {
    const definitions = resourcesOf(synthesise(environment).services, 'AWS::ECS::TaskDefinition');
    expect(definitions).toHaveLength(2);
    for (const { Properties } of definitions) {
      const { Tags: _tags, ...input } = resolve(Properties) as Record<string, unknown>;
      const { taskDefinition } = await client.send(
        new RegisterTaskDefinitionCommand(toApi(input) as RegisterTaskDefinitionCommandInput),
      );
      expect(taskDefinition).toMatchObject({
        family: input.Family,
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: input.Cpu,
        memory: input.Memory,
      });
      const [container] = taskDefinition?.containerDefinitions ?? [];
      expect(container).toMatchObject({
        readonlyRootFilesystem: true,
        user: 'node',
        stopTimeout: 120,
        linuxParameters: { initProcessEnabled: true },
      });
      const service = container?.name === 'api' ? 'Api' : 'Worker';
      expect(container?.image).toBe(
        `123456789012.dkr.ecr.eu-central-1.amazonaws.com/cytoqueue-${environment}/${container?.name}@${service}ImageDigest`,
      );
    }
  });
});
